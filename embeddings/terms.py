"""A question's content words and quoted phrases, and how the full-text index is asked for them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

_WORD = re.compile(r"\w+")
_STOP_WORDS = frozenset(
    """
    a about all also am an and any are as at be been being but by can could did do does doing for
    from had has have having he her him his how i if in into is it its just let me my no nor of on
    or our out over own shall she should so some such than that the their them then there these
    they this those to too up us very was we were what when where which while who whom whose why
    will with would you your s t d ll ve re m
    """.split()  # noqa: SIM905 - as a list it would be 717 characters of quotation marks
)
_MAX_TERMS = 64
_QUOTED = re.compile(r"(?<!\w)[\"“”„‟](?=\S)([^\"“”„‟]+)[\"“”‟](?!\w)")
_APOSTROPHE = re.compile("['‘’ʼ]")
_CLOSING = " \t\n.,;:!?…"


def match_expression(question: str) -> str:
    """The FTS5 expression that matches any content word of the question; "" without one."""
    return " OR ".join(match_terms(question))


def match_terms(question: str) -> list[str]:
    """What of the question counts in BM25, each as an FTS5 expression: its content words.

    Two that stand side by side also count together: a text with both, so, scores higher.
    """
    words = content_words(question)[:_MAX_TERMS]
    said = [word.lower() for word in _WORD.findall(question)]
    pairs = dict.fromkeys(p for p in pairwise(said) if set(p) <= set(words) and p[0] != p[1])
    alone = [f'"{word}"' for word in words]
    together = [f'{{text}} : "{first} {second}"' for first, second in pairs]
    return alone + together[:_MAX_TERMS]


def rarity(passages: int, matching: int) -> float:
    """What a term weighs that so many of the passages match: the inverse document frequency.

    As FTS5 computes it for its bm25(): a term of more than half of them weighs next to nothing.
    """
    return max(math.log((passages - matching + 0.5) / (matching + 0.5)), 1e-6)


def content_words(question: str) -> list[str]:
    """The question's different words in lower case, stop words left out, in order."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(question))
    return [word for word in words if word not in _STOP_WORDS]


def quoted_phrases(question: str) -> list[str]:
    """What stands in double quotation marks, straight or curly, and holds a letter or digit.

    Without the punctuation at its end, which may be the question's own: "Hello," is Hello.
    """
    phrases = (match[1].strip().rstrip(_CLOSING) for match in _QUOTED.finditer(question))
    return [phrase for phrase in phrases if any(map(str.isalnum, phrase))]


def phrase_expression(phrases: Sequence[str]) -> str:
    """The FTS5 expression for texts that may hold all the phrases: stems side by side."""
    return " AND ".join(f'{{text}} : "{phrase}"' for phrase in phrases)


def holds(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text, in whole words.

    Case, the amount of white space and the shape of apostrophes make no difference.
    """
    parts = (_APOSTROPHE.sub("['‘’ʼ]", re.escape(part)) for part in phrase.split())
    pattern = r"(?<!\w)" + r"\s+".join(parts) + r"(?!\w)"
    return bool(re.search(pattern, text, re.IGNORECASE))
