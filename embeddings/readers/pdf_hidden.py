"""Which text of a PDF page nobody can see: without ink, pale, covered or too small.

The layer of text that OCR puts over a scan is without ink too, but stands for what is seen.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.readers.pdfium import address, call

_HANDLE, _INT = ctypes.c_void_p, ctypes.c_int
_LIGHT = 0xE0
_LEAST_CONTRAST = 12  # of 255
_SMALLEST = 1.5  # points
_THINNEST_COVER = 3.0  # points; a rule is thinner
_MOST_COVERS = 500
_MAX_PIXELS = 4_000_000


def hidden_objects(
    page: Any,
    objects: NDArray[np.uint64],
    group: NDArray[np.intp],
    boxes: NDArray[np.float32],
    shown: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> NDArray[np.uint64]:
    """Those of the text `objects`, by address, that cannot be seen.

    `group` holds for each character the number of its object and `boxes` its left, bottom, right
    and top as the PDF counts; `shown` gives such boxes on the page as it is shown.
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    larger = np.maximum(sides[:, 0], sides[:, 1])
    hidden = np.zeros(len(objects), np.bool_)
    if (small := (sides[:, 0] > 0) & (sides[:, 1] > 0) & (larger < _SMALLEST)).any():
        hidden[group[small]] = True
        hidden[group[larger >= _SMALLEST]] = False
    without_ink, pale = _paint(objects)
    covers = _covers(page, objects)
    if without_ink.any() or pale.any() or covers:
        around = np.tile(
            np.array([np.inf, np.inf, -np.inf, -np.inf], np.float32), (len(objects), 1)
        )
        np.minimum.at(around[:, :2], group, boxes[:, :2])
        np.maximum.at(around[:, 2:], group, boxes[:, 2:])
        if without_ink.any():
            hidden |= without_ink & ~_over_images(page, around)
        doubtful = (pale | _behind(covers, around)) & ~hidden & ~without_ink
        if doubtful.any():
            hidden[doubtful] = ~_stand_out(page, shown(around[doubtful]))
    return objects[hidden]


def _paint(objects: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which are drawn without ink, and which in a colour that may not show on paper."""
    from pypdfium2 import raw

    render_mode = call("FPDFTextObj_GetTextRenderMode", _INT, _HANDLE)
    fill = call("FPDFPageObj_GetFillColor", _INT, *[_HANDLE] * 5)
    stroke = call("FPDFPageObj_GetStrokeColor", _INT, *[_HANDLE] * 5)
    colour = np.zeros(4, np.uint32)
    cells = range(colour.ctypes.data, colour.ctypes.data + 16, 4)
    without_ink = np.zeros(len(objects), np.bool_)
    pale = np.zeros(len(objects), np.bool_)
    for n, place in enumerate(objects.tolist()):
        if not place:
            continue
        mode = render_mode(place)
        if mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE:
            without_ink[n] = True
            continue
        stroked = mode in (raw.FPDF_TEXTRENDERMODE_STROKE, raw.FPDF_TEXTRENDERMODE_STROKE_CLIP)
        if (stroke if stroked else fill)(place, *cells):
            red, green, blue, alpha = colour.tolist()
            pale[n] = min(red, green, blue) >= _LIGHT or alpha < 0x20
    return without_ink, pale


def _covers(
    page: Any, objects: NDArray[np.uint64]
) -> list[tuple[NDArray[np.bool_], tuple[float, ...]]]:
    """What is drawn over text: which of the `objects` come before it, and its bounds.

    Text inside forms is not looked at.
    """
    from pypdfium2 import raw

    count = raw.FPDFPage_CountObjects(page)
    drawn = list(
        map(
            call("FPDFPage_GetObject", _HANDLE, _HANDLE, _INT),
            repeat(address(page.raw)),
            range(count),
        )
    )
    kinds = list(map(call("FPDFPageObj_GetType", _INT, _HANDLE), drawn))
    if raw.FPDF_PAGEOBJ_TEXT not in kinds:
        return []
    first = kinds.index(raw.FPDF_PAGEOBJ_TEXT)
    bounds_of = call("FPDFPageObj_GetBounds", _INT, *[_HANDLE] * 5)
    draw_mode = call("FPDFPath_GetDrawMode", _INT, _HANDLE, _HANDLE, _HANDLE)
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    bounds = np.zeros(4, np.float32)
    cells = range(bounds.ctypes.data, bounds.ctypes.data + 16, 4)
    later: list[tuple[int, tuple[float, ...]]] = []
    for at in range(first + 1, count):
        if kinds[at] == raw.FPDF_PAGEOBJ_PATH:
            draw_mode(drawn[at], ctypes.addressof(filled), ctypes.addressof(stroked))
            if not filled.value:
                continue
        elif kinds[at] not in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING):
            continue
        if bounds_of(drawn[at], *cells):
            left, bottom, right, top = bounds.tolist()
            if min(right - left, top - bottom) > _THINNEST_COVER:
                later.append((at, (left, bottom, right, top)))
    if not later or len(later) > _MOST_COVERS:  # a drawing of many parts is no redaction
        return []
    place = {object_: at for at, object_ in enumerate(drawn)}
    order = np.array([place.get(object_, count) for object_ in objects.tolist()])
    return [(order < at, box) for at, box in later if (order < at).any()]


def _behind(
    covers: Sequence[tuple[NDArray[np.bool_], tuple[float, ...]]], around: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which of the boxes have their middle under something drawn later."""
    x, y = (around[:, 0] + around[:, 2]) / 2, (around[:, 1] + around[:, 3]) / 2
    behind = np.zeros(len(around), np.bool_)
    for before, (left, bottom, right, top) in covers:
        behind |= before & (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    return behind


def _over_images(page: Any, around: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the boxes have their middle on an image of the page."""
    from pypdfium2 import raw

    x, y = (around[:, 0] + around[:, 2]) / 2, (around[:, 1] + around[:, 3]) / 2
    covered = np.zeros(len(around), np.bool_)
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        if image.level:  # inside a form, whose place on the page is not told
            covered[:] = True
            break
        left, bottom, right, top = image.get_bounds()
        covered |= (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    return covered


def _stand_out(page: Any, around: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the boxes, on the page as it is shown, are not of one colour once it is drawn."""
    width, height = page.get_size()
    scale = min(2.0, math.sqrt(_MAX_PIXELS / max(1.0, width * height)))
    with closing(page.render(scale=scale, grayscale=True, may_draw_forms=False)) as bitmap:
        picture = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width]
        found = []
        for left, bottom, right, top in around.tolist():
            inset = (top - bottom) / 4  # what the lines above and below reach into
            rows = slice(*_pixels(height - top + inset, height - bottom - inset, scale))
            part = picture[rows, slice(*_pixels(left, right, scale))]
            found.append(part.size > 0 and int(part.max()) - int(part.min()) >= _LEAST_CONTRAST)
    return np.array(found, np.bool_)


def _pixels(start: float, end: float, scale: float) -> tuple[int, int]:
    first = max(0, round(start * scale))
    return first, max(first + 1, round(end * scale))
