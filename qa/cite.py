"""Extracts → Citations: exact slices of the documents, one for each sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from embeddings.documents import Document
from qa.read import Extract


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of a document, and the short answer inside it.

    `document` is the `Document.id` (the SHA-256 of the file) and `path` the file, relative to the
    folder. Offsets are code points of `Document.text`: `text[start:end] == quote` and
    `text[answer_start:answer_end] == answer`. `page` counts from 1, None where there are no pages.
    """

    number: int
    document: str
    path: str
    title: str
    page: int | None
    start: int
    end: int
    quote: str
    answer_start: int
    answer_end: int
    answer: str


def cite(
    extracts: Iterable[Extract], find: Callable[[str], Document], *, limit: int
) -> list[Citation]:
    """Citations of the first `limit` different sentences, numbered from 1.

    `find` gives the document with an id. Where several extracts lie in one sentence, or in equal
    sentences of different documents, the first stands for all.
    """
    citations: list[Citation] = []
    quotes: set[str] = set()
    for extract in extracts:
        if len(citations) == limit:
            break
        document = find(extract.hit.passage.document)
        start, end = _sentence(extract)
        quote = document.text[start:end]
        if (folded := " ".join(quote.split())) in quotes:
            continue
        quotes.add(folded)
        citations.append(
            Citation(
                number=len(citations) + 1,
                document=document.id,
                path=document.path,
                title=document.title,
                page=document.page(start),
                start=start,
                end=end,
                quote=quote,
                answer_start=extract.start,
                answer_end=min(extract.end, end),
                answer=document.text[extract.start : min(extract.end, end)],
            )
        )
    return citations


def grouped(extracts: Iterable[Extract]) -> list[Extract]:
    """The extracts, each followed by those that say the same in other places.

    The same are answers of the same words, whatever their case and punctuation.
    """
    groups: dict[tuple[str, ...], list[Extract]] = {}
    for extract in extracts:
        passage = extract.hit.passage
        answer = passage.text[extract.start - passage.start : extract.end - passage.start]
        words = tuple(re.findall(r"\w+", answer.casefold()))
        groups.setdefault(words, []).append(extract)
    return [extract for group in groups.values() for extract in group]


def _sentence(extract: Extract) -> tuple[int, int]:
    """The sentence that holds the extract's first character."""
    return extract.sentence.start, extract.sentence.end
