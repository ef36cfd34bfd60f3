"""PowerPoint slides (.pptx) → plain text, a page per slide: title, text and tables, notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from embeddings.readers.archive import open_archive
from embeddings.readers.content import Content, parsing
from embeddings.readers.core_date import core_date
from embeddings.readers.pages import paged
from embeddings.readers.rows import prose_table_blocks

_ADVICE = "open it in PowerPoint and save it again"


def read_pptx(data: bytes) -> Content:
    """The slides' paragraphs and table rows, parted by blank lines, and where each slide starts.

    A slide's title comes first and its notes last. Slide numbers, dates and footers are left out,
    and so are charts and diagrams.
    """
    with (
        open_archive(data, ".pptx", ".ppt", _ADVICE),
        parsing(".pptx", f"{_ADVICE}, or remove it"),
    ):
        import pptx

        presentation = pptx.Presentation(io.BytesIO(data))
        core = presentation.core_properties
        title, author, date = core.title, core.author, core_date(core)
        text, pages = paged(list(_slide(slide)) for slide in presentation.slides)
    title = None if title == "PowerPoint Presentation" else title or None
    return Content(title, text, pages, author=author, date=date)


def _slide(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None:
        yield " ".join(title.text_frame.text.split())
    yield from _shapes(slide.shapes, title)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield from _paragraphs(slide.notes_slide.notes_text_frame)


def _shapes(shapes: Iterable[Any], title: Any) -> Iterator[str]:
    from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

    furniture = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER)
    for shape in shapes:
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.is_placeholder and shape.placeholder_format.type in furniture:
            continue
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _shapes(shape.shapes, title)
        elif shape.has_text_frame:
            yield from _paragraphs(shape.text_frame)
        elif getattr(shape, "has_table", False):
            yield from prose_table_blocks([[c.text for c in row.cells] for row in shape.table.rows])


def _paragraphs(frame: Any) -> Iterator[str]:
    for paragraph in frame.paragraphs:
        yield paragraph.text.replace("\v", "\n").strip()
