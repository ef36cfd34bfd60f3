"""Text → sentence spans: offsets only, never edited text.

Stands between `documents` and `passages` in the chain. sentencex finds the sentence ends inside
a paragraph; what a paragraph is, and what to do where its rules run away, is decided here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SENTENCE_CHARS = 3000
"""Longer "sentences" are tables, logs or text without a full stop; they are cut at a clause."""

ROW_END = "\u2029"
"""A line that ends in this white space (PARAGRAPH SEPARATOR) is one sentence, whatever stops are
in it: readers put it behind a row of a table, `readers.rows`."""

_BLOCK = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")
_LINE = re.compile(r"\S[^\n]*")
_LIST_ITEM = re.compile(r"(?:[-*•·–—|#>]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_CLAUSE_END = re.compile(r"[,;:—–)\]…](?=\s)|\n")
_PAIRED = str.maketrans(dict.fromkeys('()[]{}“”„«»"', "_"))
_RUNAWAY_CHARS = 400


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open code-point offsets into `Document.text`."""

    start: int
    end: int


def split_sentences(text: str, language: str = "en") -> list[Span]:
    """The sentences of `text` in order, disjoint, none empty, none with white space at its ends.

    Every character outside the spans is white space. A paragraph's end always ends a sentence;
    a single line break does so too unless the paragraph looks hard-wrapped. A quotation stays
    whole, and so does a line that ends in `ROW_END`. `language` is an ISO 639-1 code.
    """
    return [
        piece
        for paragraph in paragraphs(text)
        for sentence in _sentences(text, paragraph, language)
        for piece in _cut_to_length(text, sentence)
    ]


def clause_cut(text: str, start: int, limit: int) -> int:
    """Where to cut `text[start:limit]` so that a reader minds least: an offset in (start, limit].

    After the last clause mark in the second half, else at the last white space there, else at
    `limit`, never before a combining character unless nothing else is left.
    """
    half = (start + limit) // 2
    clauses = [match.end() for match in _CLAUSE_END.finditer(text, half, limit + 1)]
    if clauses and clauses[-1] <= limit:
        return clauses[-1]
    for at in range(limit, half, -1):
        if text[at - 1].isspace():
            return at
    at = limit
    while at > half and at < len(text) and unicodedata.combining(text[at]):
        at -= 1
    return at if at > start else limit


def trim(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends; empty at `end` if there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)


def paragraphs(text: str) -> list[Span]:
    """The blocks between blank lines if they are prose wrapped at a fixed width, else their lines.

    None is empty or begins with white space.
    """
    spans: list[Span] = []
    for block in _BLOCK.finditer(text):
        lines = [Span(*line.span()) for line in _LINE.finditer(text, block.start(), block.end())]
        spans += [Span(*block.span())] if _hard_wrapped(text, lines) else lines
    return spans


def _hard_wrapped(text: str, lines: list[Span]) -> bool:
    """Whether lines of about one width, none an item of a list, make one flowing paragraph."""
    widths = [line.end - line.start for line in lines[:-1]]
    return bool(widths) and (
        40 <= max(widths) <= 120
        and min(widths) >= 0.6 * max(widths)
        and not any(_LIST_ITEM.match(text, line.start) for line in lines)
        and not any(text[line.end - 1] == ROW_END for line in lines)
    )


def _sentences(text: str, block: Span, language: str) -> Iterator[Span]:
    if text[block.end - 1] == ROW_END:
        yield trim(text, block.start, block.end)
        return
    paragraph = text[block.start : block.end]
    for start, end in _boundaries(paragraph, language):
        span = trim(text, block.start + start, block.start + end)
        if span.start == span.end:
            continue
        if span.end - span.start <= _RUNAWAY_CHARS:
            yield span
            continue
        # A bracket or quotation mark that is never closed makes sentencex run on to the end of
        # the paragraph: with the marks out of its sight the stops count again.
        quoted = text[span.start : span.end]
        if _balanced(quoted):
            yield span
            continue
        for inner_start, inner_end in _boundaries(quoted.translate(_PAIRED), language):
            inner = trim(text, span.start + inner_start, span.start + inner_end)
            if inner.start < inner.end:
                yield inner


def _boundaries(paragraph: str, language: str) -> list[tuple[int, int]]:
    import sentencex

    return [
        (boundary["start_index"], boundary["end_index"])
        for boundary in sentencex.get_sentence_boundaries(language, paragraph)
    ]


def _balanced(text: str) -> bool:
    pairs = ("()", "[]", "{}", "“”", "«»")
    return text.count('"') % 2 == 0 and all(text.count(p[0]) == text.count(p[1]) for p in pairs)


def _cut_to_length(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    while span.end - start > MAX_SENTENCE_CHARS:
        cut = clause_cut(text, start, start + MAX_SENTENCE_CHARS)
        yield trim(text, start, cut)
        start = cut
        while text[start].isspace():
            start += 1
    yield Span(start, span.end)
