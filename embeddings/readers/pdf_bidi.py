"""Lines with Hebrew or Arabic in them → their characters in the order in which they are read.

A PDF draws a line from wherever it likes, and PDFium guesses what was meant word by word. Here the
places decide: a line is taken as it stands on the page and read from its right end, all but the
words and numbers that run the other way. The rules are the Unicode Bidirectional Algorithm's,
backwards, as far as a page tells: what it shows may have been written in more than one way.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from embeddings.readers.pdf_chars import Boxes

_RANGES = ((0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFE))
_GAP = 0.7  # of the height of the type, the least between two pieces of a line
_SPACE = 0.17  # and between two words
_MIRRORED = dict(zip("()[]{}«»‹›", ")(][}{»«›‹", strict=True))
_OPENING = "([{«‹"

Codes = NDArray[np.uint32]
Order = NDArray[np.intp]


def is_right_to_left(codes: Codes) -> NDArray[np.bool_]:
    """Which characters are of a script that runs from right to left."""
    found = np.zeros(len(codes), np.bool_)
    if codes.max(initial=0) < _RANGES[0][0]:  # as on most pages
        return found
    for first, last in _RANGES:
        found |= (codes >= first) & (codes <= last)
    return found


def runs_right_to_left(codes: Codes) -> bool:
    """Whether most of the letters do."""
    count = int(is_right_to_left(codes).sum())
    return count > 0 and count > sum(map(str.isalpha, _string(codes))) / 2


@dataclass(frozen=True, slots=True)
class Reordered:
    """`kept` are the characters in their order, `codes` what all of them are now.

    `parts` numbers, for each of `kept`, the piece of a line that was put in order; 0 is for those
    that were left as they are.
    """

    kept: Order
    codes: Codes
    parts: Order


def in_logical_order(
    codes: Codes, kept: Order, boxes: Boxes, glyph: NDArray[np.bool_], line: Order
) -> Reordered:
    """The characters `kept`, with those of lines that hold any from right to left put in order.

    `boxes`, for upright text, `glyph`, which tells letters from blanks, and `line`, what PDFium
    takes for their line, are those of all characters, like `codes`.
    """
    codes = codes.copy()
    blanks = np.flatnonzero(~glyph & (codes == ord(" ")))
    whole_page = runs_right_to_left(codes[glyph])
    turned_around = is_right_to_left(codes) & glyph
    order: list[Order] = []
    parts: list[Order] = []
    number = 0
    starts = np.flatnonzero(np.diff(line[kept], prepend=-1))
    waiting: Order = kept[:0]

    def flush() -> None:
        nonlocal number, waiting
        for level in _levels(waiting, boxes):
            for piece in _pieces(codes, level, boxes, whole_page, blanks[:1]):
                number += 1
                order.append(piece)
                parts.append(np.full(len(piece), number))
        waiting = kept[:0]

    for members in np.split(kept, starts[1:]) if len(kept) else []:
        if turned_around[members].any():
            waiting = np.concatenate([waiting, members[glyph[members]]])
        else:
            flush()
            order.append(members)
            parts.append(np.zeros(len(members), np.intp))
    flush()
    if not order:
        return Reordered(kept, codes, np.zeros(len(kept), np.intp))
    return Reordered(np.concatenate(order), codes, np.concatenate(parts))


def _string(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le")


def _levels(members: Order, boxes: Boxes) -> Iterator[Order]:
    """The characters in lines of one height, in the order in which those begin."""
    start, low, high = 0, 0.0, 0.0
    for at, (_, bottom, _, top) in enumerate(boxes[members].tolist()):
        middle = (bottom + top) / 2
        if at > start and not low <= middle <= high:
            yield members[start:at]
            start = at
        low, high = (bottom, top) if at == start else (min(low, bottom), max(high, top))
    if len(members):
        yield members[start:]


def _pieces(
    codes: Codes, level: Order, boxes: Boxes, whole_page: bool, blank: Order
) -> Iterator[Order]:
    """The pieces of one line, each in its order; changes the brackets in `codes`."""
    backwards = whole_page or runs_right_to_left(codes[level])
    sign = -1 if backwards else 1
    centres = sign * (boxes[level, 0] + boxes[level, 2])
    level = level[np.argsort(centres, kind="stable")]
    height = float(boxes[level, 3].max() - boxes[level, 1].min())
    near, far = (2, 0) if backwards else (0, 2)
    reach = np.maximum.accumulate(sign * boxes[level, far])
    gaps = sign * boxes[level, near][1:] - reach[:-1]
    for piece, inner in zip(
        np.split(level, np.flatnonzero(gaps > _GAP * height) + 1),
        np.split(gaps, np.flatnonzero(gaps > _GAP * height)),
        strict=True,
    ):
        inner = inner[-(len(piece) - 1) :] if len(piece) > 1 else inner[:0]
        marked = [int(at) for at in piece]
        spaced: list[int] = marked[:1]
        for at, gap in zip(marked[1:], inner.tolist(), strict=True):
            spaced += [-1, at] if gap > _SPACE * height else [at]
        read = _read(codes, _marks_last(codes, spaced), backwards)
        if not len(blank):
            read = [at for at in read if at >= 0]
        yield np.array([int(blank[0]) if at < 0 else at for at in read], np.intp)


def _marks_last(codes: Codes, order: list[int]) -> list[int]:
    """The order with each vowel sign or the like behind the letter that it stands at."""
    found: list[int] = []
    waiting: list[int] = []
    for at in order:
        if at >= 0 and unicodedata.combining(chr(codes[at])):
            (found if found and found[-1] >= 0 else waiting).append(at)
        else:
            found.append(at)
            if at >= 0:
                found += waiting
                waiting.clear()
    return found + waiting


def _read(codes: Codes, order: list[int], backwards: bool) -> list[int]:
    """The characters, given from the end at which the line begins, in the order of reading."""
    kinds = [" " if at < 0 else unicodedata.bidirectional(chr(codes[at])) for at in order]
    if not backwards:
        for start, end in _runs(kinds, {"R", "AL", "NSM"}, {"EN", "AN"}):
            inner = order[start:end][::-1]
            order[start:end] = _read(codes, inner, True)
        return order
    arabic = "AL" in kinds
    ends = [*_runs(_with_signs(kinds, arabic), {"L"}, {"EN", "AN"}, arabic=arabic)]
    inside = {at for start, end in ends for at in range(start, end)}
    for at, place in enumerate(order):
        if place >= 0 and at not in inside and (char := chr(codes[place])) in _MIRRORED:
            before = kinds[at - 1] if at else " "
            after = kinds[at + 1] if at + 1 < len(kinds) else " "
            opens = before == " " and after != " "
            closes = before != " " and after in (" ", "CS", "ON")
            if (opens and char not in _OPENING) or (closes and char in _OPENING):
                codes[place] = ord(_MIRRORED[char])
    for start, end in ends:
        order[start:end] = order[start:end][::-1]
    return order


def _with_signs(kinds: Sequence[str], arabic: bool) -> list[str]:
    """The kinds, a sign of percent or money at a number being one with it."""
    found = list(kinds)
    if not arabic:
        for at, (one, other) in enumerate(pairwise(kinds)):
            if (one, other) == ("ET", "EN"):
                found[at] = "EN"
            elif (one, other) == ("EN", "ET"):
                found[at + 1] = "EN"
    return found


def _runs(
    kinds: Sequence[str], strong: set[str], numbers: set[str], *, arabic: bool = False
) -> Iterator[tuple[int, int]]:
    """Where what runs the other way starts and ends: between words all, between numbers a stop."""
    at = 0
    while at < len(kinds):
        if kinds[at] not in strong and kinds[at] not in numbers:
            at += 1
            continue
        start = end = at
        while True:
            next_ = end + 1
            while next_ < len(kinds) and kinds[next_] not in strong | numbers:
                if kinds[next_] in ("R", "AL", "L"):  # of the other direction
                    break
                next_ += 1
            if next_ >= len(kinds) or kinds[next_] not in strong | numbers:
                break
            between = kinds[end + 1 : next_]
            stop = len(between) == 1 and between[0] in (("CS",) if arabic else ("CS", "ES"))
            words = kinds[end] in strong or kinds[next_] in strong
            if between and not words and not stop:
                break
            end = next_
        if "L" in strong or any(kind in strong for kind in kinds[start : end + 1]):
            yield start, end + 1
        at = end + 1
