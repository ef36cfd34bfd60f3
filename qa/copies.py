"""The same text in several documents: found among passages, and told from what only looks alike.

Syndicated articles, versions of a report, quotations: to read one of them is to read all, and what
they answer is answered once, with all its sources.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from embeddings.passages import Passage
from embeddings.sentences import Span

_COPIED = 0.9
"""The share of a passage, in characters, that others must say for it to bring nothing new."""
_ALIKE = 0.9
"""The share of their words that two sentences must have in common to say the same."""
_WORD = re.compile(r"\w+(?:[.,'’]\w+)*")
_DENIALS = frozenset(
    {"no", "not", "nor", "never", "none", "nobody", "nothing", "without", "cannot"}
)


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
        start, end = max(sentence.start, passage.start), min(sentence.end, passage.end)
        yield sentence, passage.text[start - passage.start : end - passage.start]


def folded(text: str) -> str:
    """The text whatever its white space and case."""
    return " ".join(text.casefold().split())


def almost_equal(one: str, other: str) -> bool:
    """Whether two sentences say the same in almost the same words.

    They share nine tenths of their words (Dice's coefficient) and differ in none that may change
    what is said: no number, no name, no denial.
    """
    if not _ALIKE**2 < len(one) / len(other) < _ALIKE**-2:  # a quick no
        return False
    words, others = Counter(_WORD.findall(one)), Counter(_WORD.findall(other))
    total = words.total() + others.total()
    if 2 * (words & others).total() < _ALIKE * total:
        return False
    return not any(map(_telling, (words - others) + (others - words)))


def moved(start: int, end: int, text: str, to: str) -> tuple[int, int]:
    """Where `text[start:end]` is in `to`, which differs in white space and case alone.

    All of `to` where that cannot be told: some letters have two for a capital.
    """
    at = [place for place, character in enumerate(to) if not character.isspace()]
    first = len("".join(text[:start].split()))
    count = len("".join(text[start:end].split()))
    if not count or len(at) != len("".join(text.split())):
        return 0, len(to)
    return at[first], at[first + count - 1] + 1


def _telling(word: str) -> bool:
    return (
        any(map(str.isdigit, word))
        or word[0].isupper()
        or word.casefold() in _DENIALS
        or word.casefold().endswith(("n't", "n’t"))
    )


def holding(passages: Sequence[Passage], sentence: str) -> Iterator[tuple[Passage, Span, str]]:
    """Where the sentence stands in these passages: the passage, the place, and its text there."""
    wanted = folded(sentence)
    for passage in passages:
        for span, text in shown(passage):
            if len(text) == span.end - span.start and folded(text) == wanted:
                yield passage, span, text
