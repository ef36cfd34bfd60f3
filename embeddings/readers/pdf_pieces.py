"""Characters of a PDF page → pieces of lines, each an unbroken stretch of one writing direction.

A piece ends at the end of its line or at a gap wider than a space, so that none reaches over the
gutter between two columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from embeddings.layout import NOWHERE, STEPS, Edges
from embeddings.readers.pdf_bidi import in_logical_order, is_right_to_left, runs_right_to_left
from embeddings.readers.pdf_chars import OBLIQUE, Boxes, Chars, turned
from embeddings.readers.reflow import Line

_GAP = 0.7  # of the height of the type, where words are parted by 0.2 to 0.5
_LEVEL = 0.4  # the share of the height that characters of one line have in common
_SMALL, _RAISED = 0.87, 0.15  # of the height: what is smaller and higher is a superscript
_MARKS = re.compile(r"[\d,*†‡§¶]+")
_BEFORE_MARK = re.compile(r"(?:[^\W\d_]{4}|[.,;:!?…][\"'”’»)\]]*|[^\W\d_][\"”’»]) ?$")
_SPACE_AND_STOP = re.compile(r" [.,;:!?)\]]")
_AFTER_MARK = re.compile(r"[ .,;:!?)\]]|$")


def pieces_of(chars: Chars, page: int) -> Iterator[list[Line]]:
    """The page's pieces in the order in which they are drawn, one list for each writing direction.

    The direction of most of the text comes first, what stands askew last.
    """
    codes: NDArray[np.uint32] = np.frombuffer(chars.text.encode("utf-32-le"), "<u4")
    backwards = runs_right_to_left(codes[chars.seen])
    seen = chars.turns[chars.seen]
    turns, counts = np.unique(seen, return_counts=True)
    for turn in sorted(
        turns.tolist(), key=lambda t: (t == OBLIQUE, -counts[turns.tolist().index(t)], t)
    ):
        pieces = _pieces(chars, codes, page, turn)
        yield [_mirrored(piece, chars) for piece in pieces] if backwards else pieces


def _mirrored(piece: Line, chars: Chars) -> Line:
    """The piece as it stands in a mirror, where what runs from right to left goes the usual way."""
    width = chars.width if piece.turn % 2 == 0 else chars.height
    return replace(piece, left=width - piece.right, right=width - piece.left)


def _pieces(chars: Chars, codes: NDArray[np.uint32], page: int, turn: int) -> list[Line]:
    glyph = chars.seen & (chars.turns == turn)
    kept = np.flatnonzero(glyph | (codes == ord(" ")))
    drawn = glyph[kept]
    kept = kept[drawn | np.concatenate([[False], drawn[:-1]])]  # one space for several
    parts = np.zeros(len(kept), np.intp)
    line_numbers: NDArray[np.intp] = np.cumsum(chars.line_ends, dtype=np.intp)
    if turn != OBLIQUE and is_right_to_left(codes[glyph]).any():
        upright = turned(chars.boxes, turn, chars.width, chars.height)
        found = in_logical_order(codes, kept, upright, glyph, line_numbers)
        kept, codes, parts = found.kept, found.codes, found.parts
    at = np.flatnonzero(glyph[kept])  # the glyphs among them
    glyphs = kept[at]
    boxes = turned(chars.boxes[glyphs], max(turn, 0), chars.width, chars.height)
    if turn == OBLIQUE:
        starts = np.flatnonzero(np.diff(chars.objects[glyphs])) + 1
    else:
        starts = _starts(boxes, parts[at], line_numbers[glyphs])
    starts = np.concatenate([[0], starts])
    ends = np.concatenate([starts[1:], [len(at)]])
    heights = boxes[:, 3] - boxes[:, 1]
    text = codes[kept].tobytes().decode("utf-32-le")
    edges = _edges(chars, kept, turn)
    mixed = np.zeros(len(starts), np.bool_)  # in size or height: only then is there a median
    for values in (boxes[:, 1], heights):
        mixed |= np.maximum.reduceat(values, starts) - np.minimum.reduceat(values, starts) > 0.01
    lines = [
        Line(
            text=text[first:last],
            page=page,
            left=left,
            right=right,
            bottom=_middle(boxes[start:end, 1]) if uneven else low,
            height=_middle(heights[start:end]) if uneven else tall,
            turn=max(turn, 0),
            note=turn == OBLIQUE,
            edges=edges[first:last].copy(),  # lest it keep those of the whole page
            near=near,
            far=far,
        )
        for start, end, first, last, left, right, low, tall, uneven, (near, far) in zip(
            starts.tolist(),
            ends.tolist(),
            at[starts].tolist(),
            (at[ends - 1] + 1).tolist(),
            np.minimum.reduceat(boxes[:, 0], starts).tolist(),
            np.maximum.reduceat(boxes[:, 2], starts).tolist(),
            boxes[starts, 1].tolist(),
            heights[starts].tolist(),
            mixed.tolist(),
            _across(chars, turn, boxes, starts),
            strict=True,
        )
    ]
    owner = np.repeat(np.arange(len(lines)), ends - starts)
    usual = np.array([line.height for line in lines], np.float32)[owner]
    base = np.array([line.bottom for line in lines], np.float32)[owner]
    raised = (heights < _SMALL * usual) & (boxes[:, 1] > base + _RAISED * usual)
    for number in np.unique(owner[raised]).tolist():
        mine = owner == number
        line = _without_marks(lines[number], at[mine & raised] - at[starts[number]])
        if len(line.text) < len(lines[number].text):  # nor do they make the line higher
            level = boxes[mine & ~raised]
            ((near, far),) = _across(chars, turn, level, np.zeros(1, np.intp))
            lines[number] = replace(line, near=near, far=far)
    return lines


def _without_marks(line: Line, raised: NDArray[np.intp]) -> Line:
    """The line without the raised numbers and signs that refer to footnotes.

    They follow a stop or a word; the number behind a unit, as in m², is none.
    """
    text = line.text
    kept = np.ones(len(text), np.bool_)
    up = np.zeros(len(text) + 1, np.bool_)
    up[raised] = True
    starts = np.flatnonzero(up[:-1] & ~np.concatenate([[False], up[:-2]])).tolist()
    for start in starts:
        end = start + int(np.argmin(up[start:]))
        if _MARKS.fullmatch(text, start, end) and _BEFORE_MARK.search(text, 0, start):
            kept[start:end] = False
            if text[start - 1] == " " and _AFTER_MARK.match(text, end):
                kept[start - 1] = False
            if _SPACE_AND_STOP.match(text, end):
                kept[end] = False
    if kept.all():
        return line
    return replace(
        line,
        text="".join(char for char, keep in zip(text, kept.tolist(), strict=True) if keep),
        edges=line.edges[kept],
    )


def _starts(boxes: Boxes, parts: NDArray[np.intp], line: NDArray[np.intp]) -> NDArray[np.intp]:
    """Which glyphs begin a piece, the first apart; `line` is what PDFium takes for their line.

    `parts` are the pieces that are known already, 0 where none is.
    """
    left, bottom, right, top = boxes.T
    height = np.minimum(top[1:] - bottom[1:], top[:-1] - bottom[:-1])
    level = np.minimum(top[1:], top[:-1]) - np.maximum(bottom[1:], bottom[:-1])
    gap = np.maximum(left[1:] - right[:-1], left[:-1] - right[1:])
    backwards = left[1:] < left[:-1] - 0.5 * height
    known = (parts[1:] > 0) | (parts[:-1] > 0)
    apart = (gap > _GAP * height) | (backwards & (gap > 0.2 * height))
    nowhere = (height <= 0) & (np.diff(line) > 0)
    begins = (level < _LEVEL * height) | apart | nowhere
    return np.flatnonzero(np.where(known, np.diff(parts) != 0, begins)) + 1


def _edges(chars: Chars, kept: NDArray[np.intp], turn: int) -> Edges:
    """Where each character begins and ends along its line on the page as it is shown."""
    boxes = chars.boxes[kept]
    if turn % 2 == 1 and turn != OBLIQUE:
        along = chars.height - boxes[:, [3, 1]]
    else:
        along = boxes[:, [0, 2]]
    edges: Edges = _steps(along)
    edges[~chars.seen[kept] | (boxes[:, 0] >= boxes[:, 2])] = NOWHERE
    return edges


def _across(
    chars: Chars, turn: int, boxes: Boxes, starts: NDArray[np.intp]
) -> list[tuple[int, int]]:
    """What bounds each piece across its line on the page as it is shown, in steps."""
    near = np.minimum.reduceat(boxes[:, 1], starts)
    far = np.maximum.reduceat(boxes[:, 3], starts)
    if turn in (0, OBLIQUE):
        near, far = chars.height - far, chars.height - near
    elif turn == 1:
        near, far = chars.width - far, chars.width - near
    return list(zip(_steps(near).tolist(), _steps(far).tolist(), strict=True))


def _steps(points: NDArray[np.float32]) -> NDArray[np.uint16]:
    return np.clip(np.rint(points * STEPS), 0, NOWHERE - 1).astype(np.uint16)


def _middle(values: NDArray[np.float32]) -> float:
    """The median; numpy's own takes ten times as long for so few."""
    ordered: list[float] = sorted(values.tolist())
    return ordered[len(ordered) // 2]
