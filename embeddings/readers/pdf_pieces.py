"""Characters of a PDF page → pieces of lines, each an unbroken stretch of one writing direction.

    pdf_chars → pieces → pdf_order (columns, rows of tables, footnotes) → reflow

A piece ends at the end of its line or at a gap wider than a space, so that none reaches over the
gutter between two columns.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from embeddings.layout import NOWHERE, STEPS, Edges
from embeddings.readers.pdf_chars import OBLIQUE, Boxes, Chars, turned
from embeddings.readers.reflow import Line

_GAP = 0.7  # of the height of the type, where words are parted by 0.2 to 0.5
_LEVEL = 0.4  # the share of the height that characters of one line have in common
_RIGHT_TO_LEFT = ((0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF))


def pieces_of(chars: Chars, page: int) -> Iterator[list[Line]]:
    """The page's pieces in the order in which they are drawn, one list for each writing direction.

    The direction of most of the text comes first, what stands askew last.
    """
    seen = chars.turns[chars.seen]
    turns, counts = np.unique(seen, return_counts=True)
    for turn in sorted(
        turns.tolist(), key=lambda t: (t == OBLIQUE, -counts[turns.tolist().index(t)], t)
    ):
        yield _pieces(chars, page, turn)


def _pieces(chars: Chars, page: int, turn: int) -> list[Line]:
    codes: NDArray[np.uint32] = np.frombuffer(chars.text.encode("utf-32-le"), "<u4")
    glyph = chars.seen & (chars.turns == turn)
    blank = codes == ord(" ")
    kept = np.flatnonzero(glyph | blank)
    drawn = glyph[kept]
    kept = kept[drawn | np.concatenate([[False], drawn[:-1]])]  # one space for several
    at = np.flatnonzero(glyph[kept])  # the glyphs among them
    boxes = turned(chars.boxes, max(turn, 0), chars.width, chars.height)[kept]
    if turn == OBLIQUE:
        ends = np.flatnonzero(np.diff(chars.objects[kept[at]])) + 1
    else:
        ends = _line_ends(boxes[at], codes[kept[at]])
    starts = [0, *ends.tolist()]
    edges = _edges(chars, kept, turn)
    return [
        _piece(chars, page, turn, codes[span], boxes[first:last], edges[first:last], glyph[span])
        for first, last in (
            (int(at[start]), int(at[end - 1]) + 1)
            for start, end in zip(starts, [*starts[1:], len(at)], strict=True)
        )
        for span in [kept[first:last]]
    ]


def _line_ends(boxes: Boxes, codes: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Which glyphs begin a piece, the first apart."""
    left, bottom, right, top = boxes.T
    height = np.minimum(top[1:] - bottom[1:], top[:-1] - bottom[:-1])
    level = np.minimum(top[1:], top[:-1]) - np.maximum(bottom[1:], bottom[:-1])
    gap = np.maximum(left[1:] - right[:-1], left[:-1] - right[1:])
    backwards = left[1:] < left[:-1] - 0.5 * height
    arabic = np.zeros(len(codes), np.bool_)
    for first, last in _RIGHT_TO_LEFT:
        arabic |= (codes >= first) & (codes <= last)
    either = arabic[1:] | arabic[:-1]
    apart = (gap > _GAP * height) | (backwards & (gap > 0.2 * height))
    return np.flatnonzero((level < _LEVEL * height) | (apart & ~either)) + 1


def _edges(chars: Chars, kept: NDArray[np.intp], turn: int) -> Edges:
    """Where each character begins and ends along its line on the page as it is shown."""
    boxes = chars.boxes[kept]
    if turn % 2 == 1 and turn != OBLIQUE:
        along = chars.height - boxes[:, [3, 1]]
    else:
        along = boxes[:, [0, 2]]
    edges: Edges = np.clip(np.rint(along * STEPS), 0, NOWHERE - 1).astype(np.uint16)
    edges[~chars.seen[kept] | ~boxes.any(axis=1)] = NOWHERE
    return edges


def _piece(
    chars: Chars,
    page: int,
    turn: int,
    codes: NDArray[np.uint32],
    boxes: Boxes,
    edges: Edges,
    glyph: NDArray[np.bool_],
) -> Line:
    left, bottom, right, top = boxes[glyph].T
    lower, upper = float(bottom.min()), float(top.max())
    near, far = lower, upper
    if turn in (0, OBLIQUE):
        near, far = chars.height - upper, chars.height - lower
    elif turn == 1:
        near, far = chars.width - upper, chars.width - lower
    return Line(
        text=codes.tobytes().decode("utf-32-le"),
        page=page,
        left=float(left.min()),
        right=float(right.max()),
        bottom=float(np.median(bottom)),
        height=float(np.median(top - bottom)),
        turn=max(turn, 0),
        edges=edges,
        near=_steps(near),
        far=_steps(far),
    )


def _steps(points: float) -> int:
    return min(max(round(points * STEPS), 0), NOWHERE - 1)
