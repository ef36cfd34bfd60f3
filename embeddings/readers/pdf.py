"""PDF → plain text: PDFium's characters page by page, put together by `reflow`."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any

from embeddings.errors import DocumentError
from embeddings.readers.content import Content, parsing
from embeddings.readers.reflow import Line, flow, without_furniture
from embeddings.readers.text import normalise

_PDFIUM = threading.Lock()
"""PDFium may not be called by two threads at once, not even for two files."""

_LINE_ENDS = (ord("\r"), ord("\n"))
_PDFIUM_HYPHEN = 2  # what PDFium puts for a hyphen at a line's end, the line break left out


def read_pdf(data: bytes) -> Content:
    """The text as flowing paragraphs, where each page starts in it, and the metadata's title."""
    with _PDFIUM, parsing("PDF", "open it in a PDF viewer and save it again, or remove it"):
        import pypdfium2
        from pypdfium2 import raw

        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == raw.FPDF_ERR_PASSWORD:
                raise DocumentError("encrypted PDF; save a copy without the password") from error
            raise
        with closing(pdf):
            title = pdf.get_metadata_value("Title")
            author, date = map(pdf.get_metadata_value, ("Author", "CreationDate"))
            sizes = []
            lines: list[Line] = []
            for number in range(len(pdf)):
                with closing(pdf[number]) as page, closing(page.get_textpage()) as textpage:
                    sizes.append(page.get_height())
                    lines += _lines(textpage, number)
    text, pages = flow(without_furniture(lines, sizes), len(sizes))
    return Content(title or None, text, pages, author=author, date=date)


def _lines(textpage: Any, page: int) -> list[Line]:
    """The page's lines with the box around each."""
    from pypdfium2 import raw

    lines = []
    start = 0
    codes = [raw.FPDFText_GetUnicode(textpage, at) for at in range(textpage.count_chars())]
    for at, code in enumerate([*codes, ord("\n")]):
        hyphen = code == _PDFIUM_HYPHEN and raw.FPDFText_IsHyphen(textpage, at) == 1
        if not (hyphen or code in _LINE_ENDS):
            continue
        text = normalise("".join(map(chr, codes[start:at])))
        first = start + len(text) - len(text.lstrip())
        last = start + len(text.rstrip()) - 1
        if text.strip():
            left, bottom, _, top = _box(textpage, first)
            right = _box(textpage, last)[2]
            text = text.strip() + "-" * hyphen
            lines.append(Line(text, page, left, right, bottom, top - bottom))
        start = at + 1
    return lines


def _box(textpage: Any, at: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a character in points; zeros where PDFium knows none."""
    from pypdfium2 import PdfiumError

    try:
        left, bottom, right, top = textpage.get_charbox(at, loose=True)
    except PdfiumError:
        return 0.0, 0.0, 0.0, 0.0
    return left, bottom, right, top
