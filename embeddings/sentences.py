"""Text → sentence spans: offsets only, never edited text.

Stands between `documents` and `passages` in the chain. sentencex finds the sentence ends inside
a paragraph, by the language; what a paragraph is, and what to do where its rules run away, is
decided here, and in `stops` where they err.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from embeddings.languages import ENGLISH, paragraph_language
from embeddings.stops import RULES, mended, shown

MAX_SENTENCE_CHARS = 3000
"""Longer "sentences" are tables, logs or text without a full stop; they are cut at a clause."""

ROW_END = "\u2029"
"""A line that ends in this white space (PARAGRAPH SEPARATOR) is one sentence, whatever stops are
in it: readers put it behind a row of a table, `readers.rows`."""

_BLOCK = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")
_LINE = re.compile(r"\S[^\n]*")
_LIST_ITEM = re.compile(r"(?:[-*•·–—|#>]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_CLAUSE_END = re.compile(r"[,;:—–)\]…،؛·՝](?=\s)|[，、；：。！？）」』】》፣፤၊។]|\n")
_PAIRS = ("()", "[]", "{}", "“”", "«»", "（）", "「」", "『』", "《》", "【】")
_PAIRED = str.maketrans(dict.fromkeys('()[]{}“”„«»"（）「」『』《》【】', "_"))
_RUNAWAY_CHARS = 400
_PIECE_CHARS = 10_000
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    "\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd]"
)
_NO_STOPS = frozenset({"th", "lo"})
"""Here no mark ends a sentence, but a space does a phrase: what is long is cut there."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open code-point offsets into `Document.text`."""

    start: int
    end: int


def split_sentences(text: str, language: str | None = None) -> list[Span]:
    """The sentences of `text` in order, disjoint, none empty, none with white space at its ends.

    Every character outside the spans is white space. A paragraph's end always ends a sentence;
    a single line break does so too unless the paragraph looks hard-wrapped. A quotation stays
    whole, and so does a line that ends in `ROW_END`. `language` is the text's, an ISO 639-1 code,
    None where it is not known: then it is taken for English. A paragraph in another script than
    that language's is split by that script's.
    """
    pieces: list[Span] = []
    for paragraph in paragraphs(text):
        spoken = paragraph_language(text[paragraph.start : paragraph.end], language)
        limit = _RUNAWAY_CHARS if spoken in _NO_STOPS else MAX_SENTENCE_CHARS
        for sentence in _sentences(text, paragraph, spoken):
            pieces += _cut_to_length(text, sentence, limit)
    return pieces


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
    widths = [_width(text[line.start : line.end]) for line in lines[:-1]]
    return bool(widths) and (
        40 <= max(widths) <= 120
        and min(widths) >= (0.9 if _is_wide(text, lines) else 0.6) * max(widths)
        and not any(_LIST_ITEM.match(text, line.start) for line in lines)
        and not any(text[line.end - 1] == ROW_END for line in lines)
    )


def _width(line: str) -> int:
    """How many columns it takes: Chinese characters and the like take two."""
    return len(line) + (0 if line.isascii() else len(_WIDE.findall(line)))


def _is_wide(text: str, lines: list[Span]) -> bool:
    """Whether it is written in such characters: then no word is kept whole at a line's end."""
    length = sum(line.end - line.start for line in lines)
    return 3 * len(_WIDE.findall(text, lines[0].start, lines[-1].end)) > 2 * length


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
    """Where the sentences start and end, one behind the other.

    A long paragraph is taken piece by piece: sentencex needs the square of the time where many
    marks stay open. The last sentence of a piece may go on behind it and is taken again.
    """
    found: list[tuple[int, int]] = []
    start = 0
    while len(paragraph) - start > _PIECE_CHARS:
        piece = _boundaries_at_once(paragraph[start : start + _PIECE_CHARS], language)
        if len(piece) == 1:
            piece = [(0, clause_cut(paragraph, start, start + _PIECE_CHARS) - start)]
        else:
            piece.pop()
        found += [(start + first, start + last) for first, last in piece]
        start = found[-1][1]
    rest = _boundaries_at_once(paragraph[start:], language)
    return found + [(start + first, start + last) for first, last in rest]


def _boundaries_at_once(paragraph: str, language: str) -> list[tuple[int, int]]:
    import sentencex

    seen = shown(paragraph, language)
    spans = [
        (boundary["start_index"], boundary["end_index"])
        for boundary in sentencex.get_sentence_boundaries(RULES.get(language, language), seen)
    ]
    return spans if language == ENGLISH else mended(paragraph, spans, language)


def _balanced(text: str) -> bool:
    if "„" in text:
        text = text.replace("“", "”").replace("„", "“")
    return text.count('"') % 2 == 0 and all(text.count(p[0]) == text.count(p[1]) for p in _PAIRS)


def _cut_to_length(text: str, span: Span, limit: int) -> Iterator[Span]:
    start = span.start
    while span.end - start > limit:
        cut = clause_cut(text, start, start + limit)
        yield trim(text, start, cut)
        start = cut
        while text[start].isspace():
            start += 1
    yield Span(start, span.end)
