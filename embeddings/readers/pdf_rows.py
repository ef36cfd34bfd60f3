"""Pieces of a PDF page → rows: those drawn one after the other, left to right on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.readers.reflow import Line


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces on one line, from left to right; `cells` says that they are those of a table."""

    pieces: tuple[Line, ...]
    cells: bool = False

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.pieces[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return max(piece.right for piece in self.pieces)

    @property
    def bottom(self) -> float:
        """Its lowest baseline, about."""
        return min(piece.bottom for piece in self.pieces)

    @property
    def top(self) -> float:
        """How high its type reaches."""
        return max(piece.top for piece in self.pieces)

    @property
    def height(self) -> float:
        """The height of its largest type."""
        return max(piece.height for piece in self.pieces)

    @property
    def chars(self) -> int:
        """How many characters it has."""
        return sum(len(piece.text) for piece in self.pieces)


def rows_of(pieces: Sequence[Line]) -> list[Row]:
    """Pieces drawn one after the other, left to right on one line, as rows."""
    rows: list[list[Line]] = []
    for piece in pieces:
        if rows and _goes_on(rows[-1][-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [Row(tuple(row)) for row in rows]


def _goes_on(before: Line, after: Line) -> bool:
    height = min(before.height, after.height)
    level = min(before.top, after.top) - max(before.bottom, after.bottom)
    return height > 0 and level > 0.5 * height and after.left >= before.right - 0.3 * height
