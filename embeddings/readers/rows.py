"""Rows of a table → one line each, `Name: Ada; Born: 1815`, that `sentences` keeps whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from embeddings.errors import DocumentError
from embeddings.sentences import ROW_END

MAX_CELLS = 5_000_000
"""The most cells, empty ones included, that a spreadsheet may have."""

_DIGIT = re.compile(r"\d")
_LONGEST_CELL = 200
"""Characters; a table with more in a cell holds prose, and its rows are no sentences."""
_NUMBER = re.compile(r"[-+(]?[\d.,:/%\s€$£-]+\)?")


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
    them holds the headings if `headed`; None: unless one of its cells is a number or most are
    empty.
    """
    filled = [row for row in rows if any(map(str.strip, row))]
    width = max((_filled(row) for row in filled), default=0)
    first = next((n for n, row in enumerate(filled) if _filled(row) > 1), 0) if width > 1 else 0
    headings: list[str] = []
    body = first
    if headed is None:
        headed = first < len(filled) and _are_headings(filled[first], width)
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
    it is full, has no digit in it, and stands above figures or is one of three columns or more.
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


def _are_headings(row: Sequence[str], width: int) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(cells) * 2 > width and not any(map(_NUMBER.fullmatch, cells))


def _name_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table whose rows are mostly filled names what is below it."""
    if not rows:
        return False
    first, body = rows[0], rows[1:]
    if not all(first[1:]) or any(map(_DIGIT.search, first)):
        return False
    figures = any(
        all(n < len(row) and _DIGIT.search(row[n]) for row in body) for n in range(len(first))
    )
    return len(first) > 2 or (len(first) == 2 and bool(body) and figures)


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _one_line(cell: str) -> str:
    return " ".join(cell.split())
