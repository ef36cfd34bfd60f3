"""Rows of a table → one line each, `Name: Ada; Born: 1815`, that `sentences` keeps whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from embeddings.errors import DocumentError
from embeddings.sentences import ROW_END

MAX_CELLS = 5_000_000
"""The most cells, empty ones included, that a spreadsheet may have."""

_DIGIT = re.compile(r"\d")
_LONGEST_CELL = 200
"""Characters; a table with more in a cell holds prose, and its rows are no sentences."""
_NUMBER = re.compile(r"(?![%€$£]\Z)[-+(]?[\d.,:/%\s€$£-]+\)?")
_YEAR = re.compile(r"1[7-9]\d\d|20\d\d|2100")
_PERIOD = re.compile(
    rf"(?:{_YEAR.pattern})"
    r"|(?=[\d. ]*\d ?[-–/:] ?\d)\d[\d./: –-]*\d"  # 2023-05-31, 31/5/2023, 2022/23, 9:30
    r"|\d{1,2}\.\d{1,2}\.(?:\d\d){1,2}"
    rf"|(?:FY|[QH]) ?\d{{1,4}}(?:[ /-](?:{_YEAR.pattern}))?|(?:{_YEAR.pattern})[ /-]?[QH]\d",
    re.I,
)
"""What heads a column although there are digits in it."""


def row_block(cells: Iterable[str], end: str = "") -> str:
    """The cells that are not empty, on one line, parted by semicolons; empty if there are none.

    `end` closes the line unless a mark does already. A row is one sentence up to
    `sentences.MAX_SENTENCE_CHARS`.
    """
    line = "; ".join(filter(None, map(_one_line, cells)))
    if not line:
        return ""
    return line + (end if line[-1] not in ".!?" else "") + ROW_END


def table_blocks(rows: Sequence[Sequence[str]], *, headed: bool | None = None) -> list[str]:
    """A block per row that is not empty, each cell behind the heading of its column.

    Lines of a single cell above a table of several columns are its captions. The first row after
    them holds the headings if `headed`; None: unless most of its cells are empty or one is a
    number that is no year, date or the like above something else.
    """
    filled = [row for row in rows if any(map(str.strip, row))]
    width = max((_filled(row) for row in filled), default=0)
    first = next((n for n, row in enumerate(filled) if _filled(row) > 1), 0) if width > 1 else 0
    headings: list[str] = []
    body = first
    if headed is None:
        headed = first < len(filled) and _are_headings(filled[first], filled[first + 1 :], width)
    if headed and first + 1 < len(filled):
        headings = [_one_line(cell).rstrip(":") for cell in filled[first]]
        body += 1
    captions = [row_block(row) for row in filled[:first]]
    # Where it sees no full stop, the reader takes the answer of one row from the next.
    end = "." if width > 1 or headings else ""
    return captions + [row_block(_labelled(row, headings), end) for row in filled[body:]]


def prose_table_blocks(rows: Sequence[Sequence[str]], *, headed: bool | None = None) -> list[str]:
    """As `table_blocks`, for a table that stands in running text, which may also lay out a page.

    Whether its first row holds the headings is seldom said there, `headed` None; then it does if
    it is full, has no digit in it but in periods above something else, and stands above figures
    or is one of three columns or more.
    """
    filled = [[_one_line(cell) for cell in row] for row in rows if any(map(str.strip, row))]
    if any(len(cell) > _LONGEST_CELL for row in filled for cell in row):
        return [" | ".join(filter(None, row)) for row in filled]
    return table_blocks(filled, headed=_name_columns(filled) if headed is None else headed)


def check_cells(count: int) -> None:
    """Raises `DocumentError` where a spreadsheet has more than `MAX_CELLS`."""
    if count > MAX_CELLS:
        raise DocumentError(
            f"more than {MAX_CELLS:,} cells; remove the empty ones or split the spreadsheet"
        )


def _labelled(row: Sequence[str], headings: list[str]) -> list[str]:
    cells = []
    for n, cell in enumerate(row):
        heading = headings[n] if n < len(headings) else ""
        cells.append(f"{heading}: {cell}" if heading and cell.strip() else cell)
    return cells


def _are_headings(row: Sequence[str], body: Sequence[Sequence[str]], width: int) -> bool:
    numbers = [n for n, cell in enumerate(row) if _NUMBER.fullmatch(cell.strip())]
    return _filled(row) * 2 > width and (not numbers or _head_periods(row, body, numbers, width))


def _head_periods(
    row: Sequence[str], body: Sequence[Sequence[str]], columns: Sequence[int], width: int
) -> bool:
    """Whether the row's cells in these columns, not in all, are periods that head the body's.

    In a table without headings what is below a period is mostly one too, as a birth below a birth.
    Amounts may look like years, but three or more at even distances are seldom amounts. A single
    one in two columns is as likely to be a value: `Founded; 1998`.
    """
    heads = [row[n].strip() for n in columns]
    years = [head for head in heads if _YEAR.fullmatch(head)]
    if (
        len(heads) == width
        or not all(map(_PERIOD.fullmatch, heads))
        or len(set(heads)) < len(heads)
        or years not in (sorted(years), sorted(years, reverse=True))
    ):
        return False
    below = [[line[n].strip() for n in columns if n < len(line)] for line in body]
    if _are_even_years(heads) and sum(map(_are_even_years, below)) * 2 < len(below):
        return True
    cells = [cell for line in below for cell in line if cell]
    periods = sum(_PERIOD.fullmatch(cell) is not None for cell in cells)
    if len(heads) > 1:
        return periods * 2 < len(cells)
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in cells)
    return width > 2 and not periods and numbers * 2 > len(cells)


def _are_even_years(cells: Sequence[str]) -> bool:
    if len(cells) < 3 or not all(map(_YEAR.fullmatch, cells)):
        return False
    return len({int(after) - int(before) for before, after in pairwise(cells)}) == 1


def _name_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table whose rows are mostly filled names what is below it."""
    if not rows:
        return False
    first, body = rows[0], rows[1:]
    if not all(first[1:]):
        return False
    numbers = [n for n, cell in enumerate(first) if _DIGIT.search(cell)]
    if numbers and not _head_periods(first, body, numbers, max(map(_filled, rows))):
        return False
    figures = any(
        all(n < len(row) and _DIGIT.search(row[n]) for row in body) for n in range(len(first))
    )
    return len(first) > 2 or (len(first) == 2 and bool(body) and figures)


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _one_line(cell: str) -> str:
    return " ".join(cell.split())
