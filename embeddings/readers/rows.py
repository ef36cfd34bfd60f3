"""Rows of a table → one line each, `Name: Ada; Born: 1815`, that `sentences` keeps whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from embeddings.errors import DocumentError
from embeddings.sentences import ROW_END

MAX_CELLS = 5_000_000
"""The most cells, empty ones included, that a spreadsheet may have."""

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


def table_blocks(rows: Sequence[Sequence[str]]) -> list[str]:
    """A block per row that is not empty, each cell behind the heading of its column.

    Lines of a single cell above a table of several columns are its captions. The first row after
    them holds the headings unless one of its cells is a number or most are empty.
    """
    filled = [row for row in rows if any(map(str.strip, row))]
    width = max((_filled(row) for row in filled), default=0)
    first = next((n for n, row in enumerate(filled) if _filled(row) > 1), 0) if width > 1 else 0
    headings: list[str] = []
    body = first
    if first + 1 < len(filled) and _are_headings(filled[first], width):
        headings = [_one_line(cell).rstrip(":") for cell in filled[first]]
        body += 1
    captions = [row_block(row) for row in filled[:first]]
    # Where it sees no full stop, the reader takes the answer of one row from the next.
    end = "." if width > 1 or headings else ""
    return captions + [row_block(_labelled(row, headings), end) for row in filled[body:]]


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


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _one_line(cell: str) -> str:
    return " ".join(cell.split())
