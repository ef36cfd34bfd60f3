"""The same text in several documents, found among passages.

Syndicated articles, versions of a report, quotations: to read one of them is to read all, and what
they answer is answered once, with all its sources.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from embeddings.passages import Passage
from embeddings.sentences import Span

_COPIED = 0.9
"""The share of a passage, in characters, that others must say for it to bring nothing new."""
_SHAPES = str.maketrans("’‘“”„«»‐‑–—−", '\'\'"""""-----')  # of quotes and dashes


def unlike(passages: Iterable[Passage], k: int) -> list[tuple[Passage, tuple[Passage, ...]]]:
    """The first `k` passages that say something new, each with the later ones that repeat it.

    A passage repeats others if nine tenths of it are sentences that better passages of other
    documents hold. It is a copy of each of those.
    """
    kept: list[Passage] = []
    copies: list[list[Passage]] = []
    holders: defaultdict[str, set[int]] = defaultdict(set)
    for passage in passages:
        known, length, others = 0, 0, set()
        sentences = [folded(text) for _, text in shown(passage)]
        for text in sentences:
            length += len(text)
            if at := {n for n in holders[text] if kept[n].document != passage.document}:
                known += len(text)
                others |= at
        if known and known >= _COPIED * length:
            for n in others:
                copies[n].append(passage)
            continue
        if len(kept) == k:
            continue
        for text in sentences:
            holders[text].add(len(kept))
        kept.append(passage)
        copies.append([])
    return [(p, tuple(c)) for p, c in zip(kept, copies, strict=True)]


def shown(passage: Passage) -> Iterator[tuple[Span, str]]:
    """The passage's sentences, and of each the text that the passage shows."""
    for sentence in passage.sentences:
        yield sentence, part_shown(passage, sentence)


def part_shown(passage: Passage, sentence: Span) -> str:
    """The sentence's text, as much of it as the passage shows."""
    start, end = max(sentence.start, passage.start), min(sentence.end, passage.end)
    return passage.text[start - passage.start : end - passage.start]


def folded(text: str) -> str:
    """The text whatever its white space, its case and the shapes of its quotes and dashes."""
    return " ".join(text.translate(_SHAPES).casefold().split())


def moved(start: int, end: int, text: str, to: str) -> tuple[int, int]:
    """Where `text[start:end]` is in `to`, whose `folded` text is the same.

    All of `to` where that cannot be told: some letters have two for a capital.
    """
    at = [place for place, character in enumerate(to) if not character.isspace()]
    first = len("".join(text[:start].split()))
    count = len("".join(text[start:end].split()))
    if not count or len(at) != len("".join(text.split())):
        return 0, len(to)
    return at[first], at[first + count - 1] + 1


def holding(passages: Sequence[Passage], sentence: str) -> Iterator[tuple[Passage, Span, str]]:
    """Where the sentence stands in these passages: the passage, the place, and its text there."""
    wanted = folded(sentence)
    for passage in passages:
        for span, text in shown(passage):
            if len(text) == span.end - span.start and folded(text) == wanted:
                yield passage, span, text
