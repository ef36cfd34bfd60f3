"""A page of a PDF → its characters with their boxes, and which of them can be seen."""

from __future__ import annotations

import ctypes
import math
import re
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.readers.pdf_hidden import hidden_objects
from embeddings.readers.pdfium import address, call
from embeddings.readers.text import normalise

Boxes = NDArray[np.float32]
"""Left, bottom, right and top in points, from the lower left: shape (characters, 4)."""

OBLIQUE = -1
_HANDLE, _INT = ctypes.c_void_p, ctypes.c_int
_HYPHENS = re.compile("[\x02\ufffe]")  # what PDFium puts for a hyphen at a line's end
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\ufeff\ufffe\uffff]")
_LATIN = re.compile(r"[a-zA-ZÀ-ɏ]")
_SHAPED = re.compile(
    "[\u0590-\u1fff\ufb1d-\ufdff\ufe70-\ufefe]"
)  # scripts whose letters join or stack
_FIRST_SHAPED = "\u0590"
_PROBE_EVERY = 12
_STRIDE = 16
_ASCENT, _DESCENT = 0.78, 0.25  # of the type's size, what letters reach above and below the line


@dataclass(frozen=True, slots=True)
class Chars:
    """The characters of a page in the order in which they are drawn, what is blank as a space.

    `boxes` lie on the page as it is shown, `width` by `height` points. `turns` counts the quarter
    turns, counter-clockwise, from upright of what each stands in; `OBLIQUE` is none of these.
    `line_ends` are where PDFium takes a line to end. `seen` are those that leave ink on the page:
    the others are blank or `hidden`.
    """

    text: str
    boxes: Boxes
    turns: NDArray[np.int8]
    objects: NDArray[np.uint64]
    line_ends: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    hidden: int
    width: float
    height: float


def read_chars(page: Any) -> Chars:
    """The characters of the `pypdfium2.PdfPage`, those of the page alone and not of annotations."""
    rotation = page.get_rotation() // 90
    left, bottom, right, top = page.get_bbox()
    size = (right - left, top - bottom)
    width, height = size if rotation % 2 == 0 else size[::-1]
    corner = np.array([left, bottom] * 2, np.float32)
    with closing(page.get_textpage()) as textpage:
        handle = address(textpage.raw)
        text, line_ends = _text(textpage, handle)
        drawn = np.frombuffer(text.encode("utf-32-le"), "<u4") != ord(" ")
        if not drawn.any():
            nothing = np.zeros((len(text), 4), np.float32)
            objects, turns = np.zeros(len(text), np.uint64), np.zeros(len(text), np.int8)
            return Chars(text, nothing, turns, objects, line_ends, drawn, 0, width, height)
        written, objects = _measured(handle, text, drawn)
        known = drawn & (written[:, 0] < written[:, 2])
        places, first = np.unique(objects[drawn], return_index=True)
        group = np.searchsorted(places, objects)
        group[~drawn] = 0
        firsts = np.flatnonzero(drawn)[first].tolist()
        fonts = _fonts(places)
        flat = np.array([down <= 0 for _, down in fonts])
        if max(text) >= _FIRST_SHAPED:
            flat[group[drawn & _is(_SHAPED, text)]] = True
        if flat.any():
            _heighten(handle, written, group, firsts, fonts, flat)
        turns = np.array([_turn(handle, at, rotation) for at in firsts], np.int8)[group]

        def shown(boxes: Boxes) -> Boxes:
            return turned(boxes - corner, rotation, *size)

        boxes = _trimmed(shown(written), turns, _excess(fonts)[group], width, height)
        across, up = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        on_page = (across >= 0) & (across <= width) & (up >= 0) & (up <= height)
        seen = drawn & (on_page | ~known)
        unseen = hidden_objects(page, places, group[known], written[known], shown)
        if len(unseen):
            seen &= ~np.isin(objects, unseen)
    hidden = int((drawn & ~seen).sum())
    return Chars(text, boxes, turns, objects, line_ends, seen, hidden, width, height)


def turned(boxes: Boxes, turns: int, width: float, height: float) -> Boxes:
    """The boxes after the page, `width` by `height`, is turned clockwise by quarters."""
    left, bottom, right, top = boxes.T
    match turns % 4:
        case 1:
            return np.stack([bottom, width - right, top, width - left], axis=1)
        case 2:
            return np.stack([width - right, height - top, width - left, height - bottom], axis=1)
        case 3:
            return np.stack([height - top, left, height - bottom, right], axis=1)
    return boxes


def _text(textpage: Any, handle: int) -> tuple[str, NDArray[np.bool_]]:
    """One code point for each of PDFium's characters, and which of them are line ends.

    A hyphen is one wherever it stands, also a soft one, which would not be drawn elsewhere.
    """
    count = textpage.count_chars()
    text = ""
    last = call("FPDFText_GetTextIndexFromCharIndex", _INT, _HANDLE, _INT)
    if count and last(handle, count - 1) == count - 1:  # then both count alike
        text = textpage.get_text_range(errors="surrogatepass")
    if len(text) != count:
        unicode = call("FPDFText_GetUnicode", ctypes.c_uint, _HANDLE, _INT)
        codes = map(unicode, repeat(handle), range(count))
        text = "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)
    is_hyphen = call("FPDFText_IsHyphen", _INT, _HANDLE, _INT)
    text = _HYPHENS.sub(lambda m: "-" if is_hyphen(handle, m.start()) == 1 else " ", text)
    line_ends = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4") == ord("\n")
    text = text.replace("\xad", "-")
    return normalise(_BLANK.sub(" ", text)), line_ends


def _measured(handle: int, text: str, drawn: NDArray[np.bool_]) -> tuple[Boxes, NDArray[np.uint64]]:
    """The box of each character, and the address of the text object that draws it.

    PDFium is asked about the first and last letter of each word and all that is no letter. The
    letters between lie evenly between them, unless the word is broken: then it is asked about all.
    """
    letters = np.pad(_is(_LATIN, text), 1)
    inside = letters[:-2] & letters[1:-1] & letters[2:]
    probed = drawn & ~inside
    probed[::_PROBE_EVERY] = drawn[::_PROBE_EVERY]
    at = np.flatnonzero(probed)
    boxes, objects = _probe(handle, at)
    between = np.diff(at) > 1
    between &= inside[np.minimum(at[:-1] + 1, len(text) - 1)]
    first, last = boxes[:-1], boxes[1:]
    level = np.minimum(first[:, 3], last[:, 3]) - np.maximum(first[:, 1], last[:, 1])
    along = np.abs(last[:, 0] - first[:, 0]) + np.abs(last[:, 1] - first[:, 1])
    size = np.minimum(first[:, 3] - first[:, 1], last[:, 3] - last[:, 1])
    far = along > 1.2 * np.maximum(size, 1) * np.diff(at)
    broken = between & ((objects[:-1] != objects[1:]) | (level < 0.5 * size) | far)
    if broken.any():
        for start, end in zip(at[:-1][broken].tolist(), at[1:][broken].tolist(), strict=True):
            probed[start:end] = drawn[start:end]
        more = np.setdiff1d(np.flatnonzero(probed), at)
        more_boxes, more_objects = _probe(handle, more)
        order = np.argsort(np.concatenate([at, more]), kind="stable")
        at = np.concatenate([at, more])[order]
        boxes = np.concatenate([boxes, more_boxes])[order]
        objects = np.concatenate([objects, more_objects])[order]
    everywhere = np.arange(len(text))
    columns = [np.interp(everywhere, at, boxes[:, side]) for side in range(4)]
    before = np.maximum(np.searchsorted(at, everywhere, "right") - 1, 0)
    return np.stack(columns, axis=1).astype(np.float32), objects[before]


@cache
def _table(pattern: re.Pattern[str]) -> NDArray[np.bool_]:
    return np.array([pattern.match(chr(code)) is not None for code in range(0x10000)])


def _is(pattern: re.Pattern[str], text: str) -> NDArray[np.bool_]:
    """Which characters the pattern matches; one beyond the basic plane counts as U+FFFD."""
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    return _table(pattern)[np.where(codes < 0x10000, codes, 0xFFFD)]


def _probe(handle: int, at: NDArray[np.intp]) -> tuple[Boxes, NDArray[np.uint64]]:
    """What PDFium says of the characters: zeros for a box that it does not know."""
    box = call("FPDFText_GetLooseCharBox", _INT, _HANDLE, _INT, _HANDLE)
    rectangles = np.zeros((len(at), 4), np.float32)  # left, top, right, bottom
    indices = at.tolist()
    begin = rectangles.ctypes.data
    cells = range(begin, begin + 16 * len(indices), 16)
    deque(map(box, repeat(handle), indices, cells), maxlen=0)
    rectangles[~np.isfinite(rectangles)] = 0
    corners = rectangles[:, :2], rectangles[:, 2:]
    lower, upper = np.minimum(*corners), np.maximum(*corners)
    return np.concatenate([lower, upper], axis=1), _objects(handle, at)


def _objects(handle: int, at: NDArray[np.intp]) -> NDArray[np.uint64]:
    """The text object of each character, PDFium being asked only where it may be another.

    What an object draws stands together, so between two characters of one there is no other.
    """
    text_object = call("FPDFText_GetTextObject", _HANDLE, _HANDLE, _INT)
    found = np.zeros(len(at), np.uint64)
    known = np.zeros(len(at), np.bool_)
    new = np.unique(np.append(np.arange(0, len(at), _STRIDE), len(at) - 1)) if len(at) else at
    while len(new):
        found[new] = [place or 0 for place in map(text_object, repeat(handle), at[new].tolist())]
        known[new] = True
        asked = np.flatnonzero(known)
        first, last = asked[:-1], asked[1:]
        other = (found[first] != found[last]) & (last - first > 1)
        new = (first[other] + last[other]) // 2
    return found[np.maximum.accumulate(np.where(known, np.arange(len(at)), 0))]


def _fonts(objects: NDArray[np.uint64]) -> list[tuple[float, float]]:
    """What the font of each object claims to reach above and below the line, in shares of its size.

    Zero both where it says nothing of use.
    """
    font_of = call("FPDFTextObj_GetFont", _HANDLE, _HANDLE)
    ascent = call("FPDFFont_GetAscent", _INT, _HANDLE, ctypes.c_float, _HANDLE)
    descent = call("FPDFFont_GetDescent", _INT, _HANDLE, ctypes.c_float, _HANDLE)
    up, down = ctypes.c_float(), ctypes.c_float()
    known: dict[int, tuple[float, float]] = {0: (0.0, 0.0)}
    found = []
    for place in objects.tolist():
        font = (font_of(place) or 0) if place else 0
        if font not in known:
            known[font] = 0.0, 0.0
            if ascent(font, 1.0, ctypes.addressof(up)) and descent(
                font, 1.0, ctypes.addressof(down)
            ):
                known[font] = up.value, -down.value
        found.append(known[font])
    return found


def _heighten(
    handle: int,
    boxes: Boxes,
    group: NDArray[np.intp],
    firsts: Sequence[int],
    fonts: Sequence[tuple[float, float]],
    flat: NDArray[np.bool_],
) -> None:
    """Gives boxes that are as high as their letter's ink the height of the type.

    PDFium makes such boxes where a font tells no descent, as those drawn glyph by glyph (Type 3) do
    not, and of letters that stand for what was shaped. `group` numbers the object of each
    character, `firsts` are the first of each, `flat` says which are such.
    """
    size_of = call("FPDFText_GetFontSize", ctypes.c_double, _HANDLE, _INT)
    matrix_of = call("FPDFText_GetMatrix", _INT, _HANDLE, _INT, _HANDLE)
    origin_of = call("FPDFText_GetCharOrigin", _INT, _HANDLE, _INT, _HANDLE, _HANDLE)
    matrix, x, y = (ctypes.c_float * 6)(), ctypes.c_double(), ctypes.c_double()
    low = np.full((len(fonts), 2), np.nan, np.float32)
    high = low.copy()
    for number, (at, (up, down)) in enumerate(zip(firsts, fonts, strict=True)):
        if not (
            flat[number]
            and matrix_of(handle, at, ctypes.addressof(matrix))
            and origin_of(handle, at, ctypes.addressof(x), ctypes.addressof(y))
        ):
            continue
        if down <= 0 or up + down <= 0.5:
            up, down = _ASCENT, _DESCENT
        size = size_of(handle, at)
        above = matrix[2] * size, matrix[3] * size
        for side, origin in enumerate((x.value, y.value)):
            if abs(above[side]) > 0.9 * math.hypot(*above):  # the way the type stands
                ends = origin - down * above[side], origin + up * above[side]
                low[number, side], high[number, side] = min(ends), max(ends)
    for side in (0, 1):
        mine = ~np.isnan(low[group, side]) & (boxes[:, 0] < boxes[:, 2])
        boxes[mine, side] = low[group, side][mine]
        boxes[mine, side + 2] = high[group, side][mine]


def _excess(fonts: Sequence[tuple[float, float]]) -> NDArray[np.float32]:
    """By how much the box of a font exceeds its letters, above and below: shares of its height.

    Many fonts claim the whole line's height, and a highlight would then cover the line above.
    """
    shares = [
        (max(0.0, up - _ASCENT) / (up + down), max(0.0, down - _DESCENT) / (up + down))
        if down > 0 and up + down > 0.5
        else (0.0, 0.0)
        for up, down in fonts
    ]
    return np.array(shares, np.float32)


def _trimmed(
    boxes: Boxes, turns: NDArray[np.int8], excess: NDArray[np.float32], width: float, height: float
) -> Boxes:
    """The boxes on the page as it is shown, less their excess above and below."""
    trimmed = boxes.copy()
    for turn in {int(turn) for turn in np.unique(turns)} - {OBLIQUE}:
        turning = turns == turn
        upright = turned(boxes[turning], turn, width, height).copy()
        tall = upright[:, 3] - upright[:, 1]
        upright[:, 3] -= tall * excess[turning, 0]
        upright[:, 1] += tall * excess[turning, 1]
        frame = (width, height) if turn % 2 == 0 else (height, width)
        trimmed[turning] = turned(upright, -turn, *frame)
    return trimmed


def _turn(handle: int, at: int, rotation: int) -> int:
    """The quarter turns of a character from upright on the page as it is shown, or `OBLIQUE`."""
    clockwise = call("FPDFText_GetCharAngle", ctypes.c_float, _HANDLE, _INT)(handle, at)
    quarters = -clockwise / (math.pi / 2) if clockwise >= 0 else 0.0
    if abs(quarters - round(quarters)) > 0.1:
        return OBLIQUE
    return (round(quarters) - rotation) % 4
