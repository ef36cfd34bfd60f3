"""Rows of a PDF page → columns of text, tables and single rows, told apart by the gutters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from embeddings.readers.pdf_rows import Row
from embeddings.readers.reflow import Line

_GUTTER = 0.7  # of the height of the type, the least width of a gutter in a table
_COLUMN_GUTTER = 0.8  # between columns of text
_TABLE_GUTTER = 1.0  # in a table of few rows or words; the spaces of a justified line are narrower
_WIDE_GUTTER = 2.0
_LONGEST_REGION = 400  # rows
_GAPS_TRIED = 8  # of a row, the widest
_PROSE_CHARS = 15
_PROSE_WORDS = 3
_FILLED = 0.7  # of the column's width, what lines of prose fill on average
_ALIGNED = 2.5  # points
_LONGEST_CELL = 60
_MARKER = re.compile(r"\(?[\dA-Za-z]{1,4}[.):]?|[\d.]{2,9}|[^\w\s]{1,2}|\[\d+\]")
_LEADER = re.compile(r"(?:[.·…_] ?){4}")
_NUMBER = re.compile(r"[-−–+(]?[\d.,:/%\s€$£-]+\)?(?= |$)")


def regions(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows in reading order, in tables of at least two or lists of one.

    Where lines were drawn across the gutter of two columns, one column comes after the other.
    """
    groups: list[list[Row]] = []
    at = 0
    while at < len(rows):
        end, split = at + 1, [[rows[at]]]
        if len(rows[at].pieces) > 1:
            gaps = sorted(pairwise(rows[at].pieces), key=lambda gap: gap[0].right - gap[1].left)
            for gap in gaps[:_GAPS_TRIED]:
                gutter = _gutter(rows, at, gap)
                if gutter is not None and gutter.end > end:
                    found = _columns(gutter, rows[at : gutter.end])
                    found = found or _table(gutter, rows[at : gutter.end])
                    if found is not None:
                        end, split = gutter.end, found
        groups += split
        at = end
    return groups


@dataclass(frozen=True, slots=True)
class _Gutter:
    """An upright stripe that no piece of the rows up to `end` touches."""

    left: float
    right: float
    end: int
    crossed: int  # how many rows have pieces on both sides

    def parts(self, row: Row) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
        middle = (self.left + self.right) / 2
        before = tuple(piece for piece in row.pieces if piece.left < middle)
        return before, row.pieces[len(before) :]


def _gutter(rows: Sequence[Row], at: int, gap: tuple[Line, Line]) -> _Gutter | None:
    """The gutter that begins with a gap of `rows[at]`, as far down as it reaches."""
    left, right = gap[0].right, gap[1].left
    height = rows[at].height
    least = _GUTTER * height
    end, crossed = at, 0
    pitch = 0.0
    for number in range(at, min(len(rows), at + _LONGEST_REGION)):
        row = rows[number]
        drop = rows[number - 1].bottom - row.bottom if number > at else 0.0
        if number > at and drop <= 0:
            break
        before = [piece.right for piece in row.pieces if piece.right <= right - least]
        after = [piece.left for piece in row.pieces[len(before) :]]
        new_left, new_right = max([left, *before]), min([right, *after])
        if new_right - new_left < least:
            break
        left, right = new_left, new_right
        both = row.pieces[0].right <= left and row.pieces[-1].left >= right
        if both:
            crossed += 1
            pitch = max(pitch, drop) if crossed > 1 and drop < 3 * height else pitch or drop
            end = number + 1
        elif abs(row.height - height) > 0.1 * height or drop > 1.3 * max(pitch, 1.1 * height):
            break
        elif end == number:  # no row of both sides need follow
            end = number + 1
    return _Gutter(left, right, end, crossed) if crossed > 1 else None


def _columns(gutter: _Gutter, rows: Sequence[Row]) -> list[list[Row]] | None:
    """The rows of the left side and then those of the right, where both hold prose."""
    if gutter.crossed < 3 or gutter.right - gutter.left < _COLUMN_GUTTER * rows[0].height:
        return None
    parts = [gutter.parts(row) for row in rows]
    sides = [[Row(part[side]) for part in parts if part[side]] for side in (0, 1)]
    if not all(map(_is_prose, sides)):
        return None
    return regions(sides[0]) + regions(sides[1])


def _is_prose(rows: Sequence[Row]) -> bool:
    """Whether most lines are full of words."""
    widest = max(row.right - row.left for row in rows)
    count = len(rows)
    pieces = [piece.text for row in rows for piece in row.pieces]
    words = sum(len(text.split()) for text in pieces)
    numbers = sum(_NUMBER.fullmatch(text) is not None for text in pieces)
    return (
        sum(row.chars for row in rows) >= _PROSE_CHARS * count
        and words >= _PROSE_WORDS * count
        and numbers * 3 < len(pieces)
        and sum(row.right - row.left for row in rows) >= _FILLED * widest * count
    )


def _table(gutter: _Gutter, rows: Sequence[Row]) -> list[list[Row]] | None:
    """The rows of a table, where their cells are short and stand in line; others between them."""
    height = rows[0].height
    pieces = [piece for row in rows for piece in row.pieces]
    if any(_LEADER.search(piece.text) for piece in pieces) or _is_code(pieces):
        return None  # a table of contents, or a program
    full = [gutter.parts(row) for row in rows if all(gutter.parts(row))]
    if len(full) < 2 or len(full) * 2 < len(rows):
        return None
    if gutter.right - gutter.left < _TABLE_GUTTER * height:
        numbers = sum(_NUMBER.match(piece.text) is not None for piece in pieces)
        if len(full) < 3 or numbers * 4 < len(pieces):
            return None
    if sum(_is_marker(left, right) for left, right in full) * 2 > len(full):
        return None  # the items of a list
    if max(len(piece.text) for piece in pieces) > 2 * _LONGEST_CELL:
        return None
    if sum(len(p.text) for _, right in full for p in right) > _LONGEST_CELL * sum(
        len(right) for _, right in full
    ):
        return None
    starts = [right[0] for _, right in full]
    edges = [[piece.left for piece in starts]]
    if sum(_NUMBER.match(piece.text) is not None for piece in starts) * 2 > len(starts):
        edges.append([piece.right for piece in starts])
    if all(right[0].left - left[-1].right > _WIDE_GUTTER * height for left, right in full):
        edges.append([(piece.left + piece.right) / 2 for piece in starts])
    if all(_in_line(edge) < 0.8 for edge in edges):
        return None
    groups: list[list[Row]] = [[]]
    for row in rows:
        table = groups[-1]
        if all(gutter.parts(row)):
            table.append(Row(row.pieces, cells=True))
        elif table and row.left > table[-1].pieces[0].right:  # the next line of a cell
            table[-1] = Row(table[-1].pieces + row.pieces, cells=True)
        else:
            groups += [[row], []]
    return [group for group in groups if group]


def _is_marker(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Whether the left part numbers an item of a list, or is its bullet or an equals sign."""
    text = _text(left)
    if text[0] in "•◦▪‣●○■\uf0b7":
        return True
    if text.isdigit() and (len(right) > 1 or _NUMBER.fullmatch(_text(right))):
        return False
    return _MARKER.fullmatch(text) is not None


def _is_code(pieces: Sequence[Line]) -> bool:
    """Whether all is set in a type whose letters are equally wide, and few are numbers."""
    widths = [(p.right - p.left) / len(p.text) for p in pieces if len(p.text) > 2]
    numbers = sum(_NUMBER.match(piece.text) is not None for piece in pieces)
    return len(widths) > 2 and max(widths) < 1.04 * min(widths) and numbers * 2 < len(pieces)


def _in_line(edges: Sequence[float]) -> float:
    """The share of the edges that stand where the middle one does."""
    middle = sorted(edges)[len(edges) // 2]
    return sum(abs(edge - middle) <= _ALIGNED for edge in edges) / len(edges)


def _text(pieces: Sequence[Line]) -> str:
    return " ".join(piece.text for piece in pieces)
