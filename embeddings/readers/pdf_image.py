"""A page of a PDF → a picture of it, with places on it marked."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from contextlib import closing

from embeddings.layout import Box
from embeddings.readers.pdfium import opened

MAX_PIXELS = 8_000_000
DPI = 144
_MARK = (255, 236, 140)
_STRONG = (255, 202, 40)
_MARGIN = 1.0  # points around a box, so that the mark does not touch the letters


def page_size(data: bytes, page: int) -> tuple[float, float]:
    """Width and height of the page, which counts from 1, in points as it is shown.

    Raises `DocumentError` where `data` is no PDF that can be read, `ValueError` without such a
    page.
    """
    with opened(data) as pdf:
        count = len(pdf)
        if 1 <= page <= count:
            width, height = pdf.get_page_size(page - 1)
            return float(width), float(height)
    raise ValueError(f"there is no page {page}; the document has the pages 1 to {count}")


def render_page(
    data: bytes,
    page: int,
    boxes: Sequence[Box] = (),
    *,
    strong: Sequence[Box] = (),
    dpi: int = DPI,
) -> bytes:
    """The page as a PNG picture, those of the boxes that lie on it highlighted, `strong` more so.

    The picture says how many dots it has to an inch. A page so large that it would have more than
    `MAX_PIXELS` is drawn more coarsely.
    Raises as `page_size` does.
    """
    size = page_size(data, page)
    scale = min(dpi / 72, math.sqrt(MAX_PIXELS / max(size[0] * size[1], 1.0)))
    with (
        opened(data) as pdf,
        closing(pdf[page - 1]) as shown,
        closing(shown.render(scale=scale, may_draw_forms=False)) as bitmap,
    ):
        picture = bitmap.to_pil().convert("RGB")
    from PIL import Image, ImageChops

    marks = Image.new("RGB", picture.size, "white")
    for colour, places in ((_MARK, boxes), (_STRONG, strong)):
        for box in places:
            if box.page == page:
                marks.paste(colour, _corners(box, scale))
    buffer = io.BytesIO()
    marked = ImageChops.multiply(picture, marks)  # like a marker pen: ink stays black
    marked.save(buffer, "PNG", dpi=(72 * scale, 72 * scale))
    return buffer.getvalue()


def _corners(box: Box, scale: float) -> tuple[int, int, int, int]:
    return (
        max(0, math.floor((box.x0 - _MARGIN) * scale)),
        max(0, math.floor(box.y0 * scale)),
        math.ceil((box.x1 + _MARGIN) * scale),
        math.ceil(box.y1 * scale),
    )
