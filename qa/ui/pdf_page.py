"""The page of a PDF in the source panel: a picture with the sentence marked, as a data address.

No file can be reached by an address: the picture comes as the value of a call.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from typing import TypedDict

from embeddings.documents import Box
from embeddings.errors import DocumentError
from qa.bot import Bot
from qa.place import is_pdf
from qa.ui.reference import Reference


class PageView(TypedDict):
    """A page to show, which counts from 1; `pages` are those that the sentence stands on.

    `image` is a `data:` address, empty where there is none, and `note` then says why. `top` is how
    far down the page the sentence begins, from 0 to 1.
    """

    page: int
    pages: list[int]
    count: int
    image: str
    top: float
    note: str


NO_PAGE: PageView = {"page": 0, "pages": [], "count": 0, "image": "", "top": 0.0, "note": ""}


def page_view(bot: Bot, reference: Reference, page: int | None = None) -> PageView:
    """The page of the sentence, its first if it stands on several, or the `page` asked for.

    `NO_PAGE` where the document has no pages to show, or none so numbered. Raises `KeyError`
    without such a document, `ValueError` where the reference does not lie in it.
    """
    document = bot.document(reference.document)
    if not reference.lies_in(document):
        raise ValueError(f"{reference} is no place in {document.path}")
    count = len(document.pages)
    if not is_pdf(document.path) or not count:
        return NO_PAGE
    boxes = document.boxes(reference.start, reference.end)
    pages = sorted({box.page for box in boxes}) or [document.page(reference.start) or 1]
    wanted = pages[0] if page is None else page
    if not 1 <= wanted <= count:
        return NO_PAGE
    answer = document.boxes(reference.answer_start, reference.answer_end)
    image, note, top = "", "", 0.0
    try:
        picture = bot.page_image(document.id, wanted, boxes, answer)
        top = _top(picture, [box for box in boxes if box.page == wanted])
        image = f"data:image/png;base64,{b64encode(picture).decode('ascii')}"
    except DocumentError as error:
        note = str(error)
    return {
        "page": wanted,
        "pages": pages,
        "count": count,
        "image": image,
        "top": top,
        "note": note,
    }


def _top(picture: bytes, boxes: Sequence[Box]) -> float:
    """How far down the picture the first of the boxes begins; 0 without one."""
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as image:
        height = image.height / image.info["dpi"][1] * 72
    return min(1.0, boxes[0].y0 / height) if boxes else 0.0
