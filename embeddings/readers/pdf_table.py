"""Rows of pieces → lines; the row of a table is one sentence, each cell behind its heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from embeddings.layout import NOWHERE, Edges
from embeddings.readers.pdf_rows import Row
from embeddings.readers.reflow import Line
from embeddings.sentences import ROW_END

_LONGEST_HEADING = 40
_NUMBER = re.compile(r"[-−–+(€$£]*\d")


def lines_of(rows: Sequence[Row]) -> list[Line]:
    """A line for each row."""
    if not rows[0].cells:
        return [_joined(row.pieces) for row in rows]
    table = [_cells(row) for row in rows]
    headings = _headings(table)
    lines = []
    for number, cells in enumerate(table):
        parts: list[str | Line] = []
        for cell in cells:
            parts += ["; "] if parts else []
            if number and headings:
                parts.append(f"{headings[_column(cell, table[0])].text.rstrip(':')}: ")
            parts.append(cell)
        closed = cells[-1].text[-1] in ".!?"
        lines.append(_assembled([*parts, ROW_END if closed else "." + ROW_END], row=True))
    return lines


def _joined(pieces: Sequence[Line]) -> Line:
    if len(pieces) == 1:
        return pieces[0]
    parts: list[str | Line] = [pieces[0]]
    for piece in pieces[1:]:
        parts += [" ", piece]
    return _assembled(parts)


def _assembled(parts: Sequence[str | Line], *, row: bool = False) -> Line:
    """One line of the pieces, with texts between them that stand nowhere on the page."""
    pieces = [part for part in parts if isinstance(part, Line)]
    heights = [piece.height for piece in pieces]
    tallest = pieces[heights.index(max(heights))]
    return replace(
        tallest,
        text="".join(part if isinstance(part, str) else part.text for part in parts),
        left=min(piece.left for piece in pieces),
        right=max(piece.right for piece in pieces),
        edges=np.concatenate(
            [_nowhere(part) if isinstance(part, str) else part.edges for part in parts]
        ),
        near=min(piece.near for piece in pieces),
        far=max(piece.far for piece in pieces),
        row=row,
    )


def _nowhere(text: str) -> Edges:
    return np.full((len(text), 2), NOWHERE, np.uint16)


def _cells(row: Row) -> list[Line]:
    """The cells of a row, each with its further lines, from left to right."""
    base = row.pieces[0].bottom - 0.5 * row.height
    cells = [[piece] for piece in row.pieces if piece.bottom >= base]
    for piece in row.pieces:
        if piece.bottom < base:
            cells[_column(piece, [cell[0] for cell in cells])].append(piece)
    return [_joined(cell) for cell in cells]


def _headings(table: Sequence[Sequence[Line]]) -> Sequence[Line]:
    """The first row, where it reads as headings and every cell stands under one of its own.

    It does where a column holds numbers below a name.
    """
    first = table[0]
    if len(table) < 3 or len(first) < 2:
        return []
    if any(_NUMBER.search(cell.text) or len(cell.text) > _LONGEST_HEADING for cell in first):
        return []
    numbers = [0] * len(first)
    for cells in table[1:]:
        columns = [_column(cell, first) for cell in cells]
        if len(set(columns)) < len(columns):
            return []
        for column, cell in zip(columns, cells, strict=True):
            numbers[column] += _NUMBER.match(cell.text) is not None
    return first if max(numbers) >= len(table) - 1 else []


def _column(piece: Line, columns: Sequence[Line]) -> int:
    """Which of the columns the piece stands in: that which it shares most with, or the nearest."""
    return max(
        range(len(columns)),
        key=lambda n: min(piece.right, columns[n].right) - max(piece.left, columns[n].left),
    )
