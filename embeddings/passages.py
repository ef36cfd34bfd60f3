"""Document → overlapping windows of whole sentences within a token budget.

Stands between `sentences` and `encoder`: a window is what is embedded, found and read as one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings.sentences import Span, clause_cut, trim

if TYPE_CHECKING:
    import tiktoken

MAX_TOKENS = 160
OVERLAP_TOKENS = 40
_UNCOUNTED = 2
"""By what factor white space may add to the tokens of a window before the overlap heeds it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document, and the spans of the sentences it shows.

    A sentence beyond the budget is spread over several windows: each then shows a part of it, and
    `sentences` holds the one whole sentence, which is wider than the window.
    """

    start: int
    end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A window as it stands in a store.

    `id` is its number there and `document` the `Document.id` that the offsets point into; `text`
    is that document's text from `start` to `end`.
    """

    id: int
    document: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]


def split_passages(
    text: str,
    sentences: list[Span],
    encoding: tiktoken.Encoding,
    *,
    max_tokens: int = MAX_TOKENS,
    overlap_tokens: int = OVERLAP_TOKENS,
    fits: Callable[[str], bool] = lambda _: True,
) -> list[Window]:
    """Windows that show every sentence, in order, none above `max_tokens`.

    Consecutive windows share whole sentences of up to `overlap_tokens`. `fits` tells whether the
    embedder takes a text uncut; no window is made that it refuses. Raises `ValueError` where not
    even one character fits.
    """
    if not 0 <= overlap_tokens < max_tokens:
        raise ValueError(f"overlap_tokens is {overlap_tokens}, expected 0 to {max_tokens - 1}")

    def allowed(start: int, end: int) -> bool:
        part = text[start:end]
        return len(encoding.encode_ordinary(part)) <= max_tokens and fits(part)

    sizes = [
        len(t) for t in encoding.encode_ordinary_batch([text[s.start : s.end] for s in sentences])
    ]
    windows: list[Window] = []
    first = 0
    while first < len(sentences):
        last = first
        total = sizes[first]
        while last + 1 < len(sentences) and total + sizes[last + 1] <= max_tokens:
            last += 1
            total += sizes[last]
        start = sentences[first].start
        share = overlap_tokens
        if last > first and not allowed(start, sentences[last].end):
            ends = range(first + 1, last)
            last = first + bisect_left(ends, 1, key=lambda n: not allowed(start, sentences[n].end))
            # The white space between short lines may count for more than their words: then the
            # sizes are too small to tell how much is shared.
            total = sum(sizes[first : last + 1])
            share = min(share, overlap_tokens * total // max_tokens * _UNCOUNTED)
        whole = tuple(sentences[first : last + 1])
        if last == first and not allowed(start, whole[0].end):
            windows += [
                Window(part.start, part.end, whole)
                for part in _parts(text, whole[0], encoding, max_tokens, allowed)
            ]
        else:
            windows.append(Window(start, whole[-1].end, whole))
        if last + 1 == len(sentences):
            break
        following, shared = last + 1, 0
        while following - 1 > first and shared + sizes[following - 1] <= share:
            following -= 1
            shared += sizes[following]
        first = following
    return windows


def _parts(
    text: str,
    sentence: Span,
    encoding: tiktoken.Encoding,
    max_tokens: int,
    allowed: Callable[[int, int], bool],
) -> list[Span]:
    """The sentence cut at clauses or words into parts that are allowed."""
    parts: list[Span] = []
    start = sentence.start
    while not allowed(start, sentence.end):
        tokens = encoding.encode_ordinary(text[start : sentence.end])[:max_tokens]
        shown = encoding.decode_bytes(tokens).decode("utf-8", "ignore")
        limit = min(start + max(1, len(shown)), sentence.end - 1)
        cut = clause_cut(text, start, limit)
        while not allowed(start, cut):
            if cut == start + 1:
                raise ValueError(f"not even {text[start]!r} fits the embedder's window")
            cut = clause_cut(text, start, max(start + 1, (start + cut) // 2))
        parts.append(trim(text, start, cut))
        start = cut
        while text[start].isspace():
            start += 1
    return [*parts, Span(start, sentence.end)]
