"""Text → the names in it, told by their capitals: what a follow-up may speak of as "he" or "it"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

FUNCTION_WORDS = frozenset(
    """
    a about after again against all also although among an and another any are as at be because
    been before being besides both but by can could did do does during each few for from further
    had has have he her here hers him his how however i if in into is it its itself just like many
    may me might more most must my near no nor not now of off on once one only or other our out
    over own please several shall she should since so some still such than that the their theirs
    them then there these they this those though through thus to too two under until up upon us
    very was we were what when where whether which while who whom whose why will with within
    without would yes you your despite following later today tell give name list describe explain
    """.split()  # noqa: SIM905 - a list would be long columns of quotation marks
)
_CALENDAR = frozenset(
    """
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
    """.split()  # noqa: SIM905
)
_PARTICLES = frozenset("de la le van von der den del di du da al bin ibn".split())  # noqa: SIM905
_JOINING = _PARTICLES | {"of", "the", "&"}
_THINGS = frozenset(
    """
    album association award awards band bank battle building church city club college committee
    company conference corporation council county court department empire festival film government
    group house institute island league magazine ministry museum office organisation organization
    park party press prize program programme project records river school series show society
    station street summit team times treaty trust union university war world
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"&|\w+(?:[-.'’]\w+)*")
_QUOTED = re.compile(r"[\"“„]([^\"“”„]{2,60})[\"”“]")
_POSSESSIVE = re.compile(r"['’]s?$")
_BRACKETED = re.compile(r"\s*\([^()]*\)")
_STOPS = frozenset('.!?:\n"“„')
MAX_NAME_CHARS = 80
_MAX_WORDS = 7


def names(text: str) -> list[str]:
    """The different names in the text, in its order: runs of capitalised words, quoted titles.

    A sentence begins with a capital whatever its first word is, so that word alone is no name
    unless the text is a few words long, as short answers are.
    """
    text = _BRACKETED.sub("", text)
    if text.isupper():
        return []
    quoted = {match.start(): match[1].strip(" ,.") for match in _QUOTED.finditer(text)}
    found = {at: title for at, title in quoted.items() if title[:1].isupper()}
    short = len(text.split()) <= 4 and not text.rstrip().endswith("?")
    for at, words, begins in _runs(_QUOTED.sub(lambda match: " " * len(match[0]), text)):
        if len(words) > 1 or (words and len(words[0]) > 1 and (short or not begins)):
            found[at] = " ".join(words)
    ordered = dict.fromkeys(found[at] for at in sorted(found))
    return [n for n in ordered if len(n.split()) <= _MAX_WORDS and len(n) <= MAX_NAME_CHARS]


def _runs(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """Each run of capitalised words: where it is, its words, and whether it begins a sentence."""
    run: list[str] = []
    at, begins, last = 0, False, 0
    for match in _WORD.finditer(text):
        word = match[0]
        between = text[last : match.start()]
        last = match.end()
        if run and len(run[-1]) == 1 and between == ". " and word[0].isupper():
            run[-1] += "."
            between = " "
        starts = match.start() == 0 or any(c in _STOPS for c in between)
        if run and (between != " " or run[-1].endswith(("'s", "’s"))):
            yield at, _closed(run), begins
            run = []
        proper = word[0].isupper() and word.lower() not in _CALENDAR
        if proper and (run or word.lower() not in FUNCTION_WORDS or (word == "The" and not starts)):
            if not run:
                at, begins = match.start(), starts
            run.append(word)
        elif run and (word in _JOINING or (word.isdigit() and len(word) < 4)):
            run.append(word)
        elif run:
            yield at, _closed(run), begins
            run = []
    if run:
        yield at, _closed(run), begins


def _closed(run: list[str]) -> list[str]:
    """The run without joining words at its end and without a possessive."""
    run = list(run)
    while run and run[-1].lower() in _JOINING:
        run.pop()
    if run:
        run[-1] = _POSSESSIVE.sub("", run[-1])
    return run


def same(name: str, other: str) -> bool:
    """Whether one name is part of the other, word for word: "Kidd" and "Jason Kidd"."""
    mine, others = (set(_plain(text).split()) for text in (name, other))
    return mine <= others or others <= mine


def is_thing(name: str) -> bool:
    """Whether the name looks like that of no person: a work, a place or a body."""
    words = name.split()
    return (
        words[0] == "The"
        or any(word.lower() in _THINGS | {"of", "the", "&"} for word in words)
        or any(word not in _PARTICLES and not word[0].isupper() for word in words)
        or any(word.isupper() and len(word.strip(".")) > 1 for word in words)
    )


def _plain(text: str) -> str:
    """The text in lower case without accents."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))
