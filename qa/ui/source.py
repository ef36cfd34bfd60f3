"""Documents → the source panel: the whole text in paragraphs, the cited sentence highlighted.

Pure functions; every text that ends up in HTML is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TypedDict
from urllib.parse import urlsplit

from embeddings.documents import Document
from embeddings.sentences import ROW_END, Span, paragraphs
from qa.place import is_pdf, web_link
from qa.ui.reference import Reference, place_name

_LONGEST_HEADING = 120


class SourceView(TypedDict):
    """What the source panel shows beside the document's own HTML; all but `marked` plain text.

    `document` is empty where there is nothing to show, and `place` then says why. `marked` holds
    the number of each paragraph that the sentence touches, with its HTML; `length` is that of the
    document in code points, and `pdf` says that its pages can be shown. `link` is an address of the
    web that opens at the sentence, and `site` the name of that place; empty where there is none.
    """

    ref: str
    document: str
    title: str
    place: str
    copy: str
    marked: list[tuple[int, str]]
    length: int
    pdf: bool
    link: str
    site: str


NOTHING_TO_SHOW: SourceView = {
    "ref": "",
    "document": "",
    "title": "Source not available",
    "place": "This document or place is no longer in the index.",
    "copy": "",
    "marked": [],
    "length": 0,
    "pdf": False,
    "link": "",
    "site": "",
}


def document_html(document: Document) -> str:
    """The whole document, one element for each paragraph, nothing marked.

    Between the elements nothing is lost but white space.
    """
    text = document.text
    spans = paragraphs(text)
    shown = [text[span.start : span.end] for span in spans]
    short = [_looks_like_heading(paragraph) for paragraph in shown]
    html_of = []
    for i, paragraph in enumerate(shown):
        before, after = short[i - 1 : i], short[i + 1 : i + 2]
        heads = (short[i] and before != [True] and after == [False]) or (
            i == 0 and paragraph == document.title
        )
        tag = "h3" if heads else "p"
        joined = i + 1 < len(spans) and text.count("\n", spans[i].end, spans[i + 1].start) == 1
        kept = ' class="line"' if joined else ""
        html_of.append(f"<{tag}{kept}>{escape(paragraph)}</{tag}>")
    return "".join(html_of)


def source_view(document: Document, reference: Reference) -> SourceView:
    """What the source panel shows of a sentence, or of the whole document where it is empty.

    Raises `ValueError` where the reference does not lie in the document.
    """
    if not reference.lies_in(document):
        raise ValueError(f"{reference} is no place in {document.path}")
    quote = document.text[reference.start : reference.end]
    page = document.page(reference.start) if quote else None
    place = place_name(document.path, page)
    link = web_link(document.source, document.path, page, quote) or ""
    return {
        "ref": str(reference),
        "document": document.id,
        "title": document.title,
        "place": place,
        "copy": f"“{quote}” ({document.title}, {place}, "
        f"characters {reference.start} to {reference.end})"
        if quote
        else "",
        "marked": list(_marked_paragraphs(document.text, reference)),
        "length": len(document.text),
        "pdf": is_pdf(document.path) and bool(document.pages),
        "link": link,
        "site": (urlsplit(link).hostname or "").removeprefix("www."),
    }


def _marked_paragraphs(text: str, reference: Reference) -> Iterator[tuple[int, str]]:
    """The paragraphs that the sentence touches: it highlighted, the short answer marked in it."""
    answer = Span(reference.answer_start, reference.answer_end)
    if answer == Span(reference.start, reference.end):
        answer = Span(reference.start, reference.start)
    for number, span in enumerate(paragraphs(text)):
        start, end = max(span.start, reference.start), min(span.end, reference.end)
        if start >= end:
            continue
        begin = min(max(answer.start, start), end)
        stop = min(max(answer.end, begin), end)
        inner = f"<mark>{escape(text[begin:stop])}</mark>" if begin < stop else ""
        yield (
            number,
            f'{escape(text[span.start : start])}<span class="hit">'
            f"{escape(text[start:begin])}{inner}{escape(text[stop:end])}</span>"
            f"{escape(text[end : span.end])}",
        )


def _looks_like_heading(paragraph: str) -> bool:
    """Whether this is one short line that begins like a sentence and does not end like one."""
    return (
        len(paragraph) <= _LONGEST_HEADING
        and "\n" not in paragraph
        and " | " not in paragraph
        and not paragraph.endswith(ROW_END)
        and not paragraph[0].islower()
        and paragraph.rstrip()[-1] not in ".!,;:…-–—"
    )
