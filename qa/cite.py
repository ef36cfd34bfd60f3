"""Extracts → Citations: exact slices of the documents, one for each sentence.

A sentence that stands in several documents is one citation, with its other places beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from embeddings.documents import Box, Document
from qa.copies import folded, holding, moved, part_shown
from qa.read import Extract
from qa.retrieve import Hit


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of a document, and the short answer inside it.

    `document` is the `Document.id` (the SHA-256 of the file) and `path` the file, relative to the
    folder. Offsets are code points of `Document.text`: `text[start:end] == quote` and
    `text[answer_start:answer_end] == answer`. `page` counts from 1, None where there are no pages.
    `boxes` say where the sentence stands, line by line; none where the format does not tell.
    `author`, `date` and `source` are the document's, None where it does not say. `also` are the
    other places of the same sentence, under the same number.
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
    boxes: tuple[Box, ...] = ()
    author: str | None = None
    date: str | None = None
    source: str | None = None
    also: tuple[Citation, ...] = ()


def cite(
    extracts: Iterable[Extract],
    find: Callable[[str], Document],
    *,
    limit: int,
    paths: Callable[[str], Sequence[str]] = lambda _: (),
) -> list[Citation]:
    """Citations of the first `limit` different sentences, numbered from 1.

    `find` gives the document with an id, `paths` the files that hold it, the one to cite first, if
    not the document's own alone. Where several extracts lie in one sentence, the first stands for
    all; where they lie in the same sentence of several documents, the others are `also` there.
    """
    citations: list[Citation] = []
    numbers: dict[str, int] = {}  # of the sentences, folded, that are cited
    cited: set[tuple[str, int]] = set()
    find = cache(find)
    for extract in extracts:
        for place in (extract, *_copies(extract)):
            document = find(place.hit.passage.document)
            start, end = _sentence(place)
            if (document.id, start) in cited:
                continue
            quote = document.text[start:end]
            number = numbers.get(folded(quote))
            if number is None and len(citations) == limit:
                continue
            answer = place.start, min(place.end, end)
            found = citation_at(document, start, end, *answer, number or len(citations) + 1)
            numbers.setdefault(folded(quote), found.number)
            cited.add((document.id, start))
            if number is None:
                citations.append(found)
            else:
                first = citations[number - 1]
                citations[number - 1] = replace(first, also=(*first.also, found))
    return [_in_all_files(citation, paths) for citation in citations]


def citation_at(
    document: Document, start: int, end: int, answer_start: int, answer_end: int, number: int
) -> Citation:
    """The citation of the sentence `text[start:end]`, the short answer standing in it as given."""
    return Citation(
        number=number,
        document=document.id,
        path=document.path,
        title=document.title,
        page=document.page(start),
        start=start,
        end=end,
        quote=document.text[start:end],
        answer_start=answer_start,
        answer_end=answer_end,
        answer=document.text[answer_start:answer_end],
        boxes=document.boxes(start, end),
        author=document.author,
        date=document.date,
        source=document.source,
    )


def _copies(extract: Extract) -> Iterator[Extract]:
    """The extract in the copies of its passage: the same sentence, the same words of it."""
    passage = extract.hit.passage
    start, end = _sentence(extract)
    if not extract.hit.copies or start < passage.start or end > passage.end:
        return
    sentence = passage.text[start - passage.start : end - passage.start]
    for copy, span, text in holding(extract.hit.copies, sentence):
        hit = Hit(copy, extract.hit.score, extract.hit.dense, extract.hit.lexical)
        first, last = moved(extract.start - start, min(extract.end, end) - start, sentence, text)
        yield Extract(hit, span.start + first, span.start + last, extract.score)


def _in_all_files(citation: Citation, paths: Callable[[str], Sequence[str]]) -> Citation:
    """The citation, with each file that holds one of its documents among its places."""
    places = [
        replace(place, path=path, also=())
        for place in (citation, *citation.also)
        for path in paths(place.document) or (place.path,)
    ]
    return replace(places[0], also=tuple(places[1:]))


def grouped(extracts: Iterable[Extract]) -> list[Extract]:
    """The extracts, each followed by those that say the same in other places.

    The same are answers of the same words, whatever their case and punctuation.
    """
    groups: dict[tuple[str, ...], list[Extract]] = {}
    for extract in extracts:
        passage = extract.hit.passage
        answer = passage.text[extract.start - passage.start : extract.end - passage.start]
        groups.setdefault(_words(answer), []).append(extract)
    return [extract for group in groups.values() for extract in group]


def near_first(extracts: Sequence[Extract], margin: float) -> list[Extract]:
    """The extracts that score at most `margin` less than the first, and the same sentences again.

    In another passage the same sentence may score much less.
    """
    said = [folded(part_shown(extract.hit.passage, extract.sentence)) for extract in extracts]
    least = extracts[0].score - margin
    good = {text for extract, text in zip(extracts, said, strict=True) if extract.score >= least}
    return [extract for extract, text in zip(extracts, said, strict=True) if text in good]


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))


def _sentence(extract: Extract) -> tuple[int, int]:
    """The sentence that holds the extract's first character."""
    return extract.sentence.start, extract.sentence.end
