"""Documents → a few questions that they answer, to begin with: made by rule, tried on the bot.

A sentence of a plain form becomes a question ("Sofia Relph, the harbour master of Calderby, …":
"Who is the harbour master of Calderby?"). It is an example only where the bot answers it with
confidence, as expected and out of that document, so that none promises what the bot cannot do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from qa.bot import Bot
from qa.within import documents_within

CONFIDENT = 0.8
DOCUMENTS_LOOKED_AT = 40
PASSAGES_LOOKED_AT = 120
QUESTIONS_TRIED = 12
_LONGEST_QUESTION = 90


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that a sentence seems to answer; `expected` must be in the short answer."""

    question: str
    expected: str


def example_questions(bot: Bot, *, count: int = 3, within: Sequence[str] = ()) -> list[str]:
    """At most `count` questions that the documents answer, the same for the same index.

    They come from different documents where there are several; none where no sentence has a form
    that is known. `within` is as in `Bot.ask`. At most `QUESTIONS_TRIED` questions are asked.
    """
    found: list[str] = []
    for tried, (document, candidate) in enumerate(_spread(bot, within)):
        if len(found) == count or tried == QUESTIONS_TRIED:
            break
        answer = bot.ask(candidate.question, min_confidence=CONFIDENT, within=within)
        if (
            answer.text is not None
            and candidate.expected.casefold() in answer.text.casefold()
            and answer.citations[0].document == document
        ):
            found.append(candidate.question)
    return found


def candidates(sentence: str) -> Iterator[Candidate]:
    """The questions that the sentence answers by its form alone."""
    line = " ".join(sentence.split())
    for rule in (_by_office, _by_date, _by_abbreviation, _by_definition):
        for candidate in rule(line):
            if len(candidate.question) <= _LONGEST_QUESTION:
                yield candidate


def _spread(bot: Bot, within: Sequence[str]) -> Iterator[tuple[str, Candidate]]:
    """The candidates with their documents: first one of each document, then the second ones."""
    files = bot.store.files()
    allowed = documents_within(files, within) if within else set(files.values())
    documents = list(dict.fromkeys(d for d in files.values() if d in allowed))
    step = max(1, len(documents) // DOCUMENTS_LOOKED_AT)
    documents = documents[::step][:DOCUMENTS_LOOKED_AT]
    asked: set[str] = set()
    columns = [_of_document(bot, d, PASSAGES_LOOKED_AT // len(documents)) for d in documents]
    for row in zip_longest(*columns):
        for document, candidate in zip(documents, row, strict=True):
            if candidate is not None and candidate.question not in asked:
                asked.add(candidate.question)
                yield document, candidate


def _of_document(bot: Bot, document: str, passages: int) -> Iterator[Candidate]:
    ids = bot.store.passage_ids([document])[:passages]
    for passage in bot.store.passages(ids):
        for sentence in passage.sentences:
            start, end = sentence.start - passage.start, sentence.end - passage.start
            yield from candidates(passage.text[start:end])


# The forms

_WORD = r"[A-Z][\w’'-]*\w"
_NAME = rf"{_WORD}(?: (?:(?:of|the|and|for|de|von|van) )*(?:{_WORD}|\d+))*"
_PERSON = rf"{_WORD}(?: [A-Z]\.)*(?: {_WORD})+"
_OFFICE = (
    "adviser|advisor|ambassador|author|bishop|captain|chair|chairman|chairwoman|chief|chief "
    "executive|coach|director|editor|founder|governor|harbour master|head|keeper|leader|manager|"
    "mayor|minister|officer|president|professor|secretary|spokesman|spokesperson|spokeswoman"
)
_OF_OFFICE = (
    "acting|current|defence|defense|deputy|executive|finance|first|foreign|former|general|health|"
    "home|interior|justice|last|managing|national|press|prime|principal|security|senior|vice"
)
_BEFORE_OFFICE = re.compile(
    rf"((?:(?:{_WORD}|{_OF_OFFICE}) ){{0,4}}(?i:{_OFFICE})(?: of {_NAME}?)?) ({_PERSON})"
)
_AFTER_NAME = re.compile(
    rf"({_PERSON}), (?:the|its|their) ((?:\w+ ){{0,3}}(?:{_OFFICE})(?: of (?:the )?{_NAME})?)[,.]"
)
_NO_OFFICE = re.compile(
    r"(?:A|After|An|And|As|At|But|By|For|From|If|In|It|On|So|Than|That|The|Then|This|To|Under|When|"
    r"While|With|Yesterday|Today|Last|Former|\w+day|Israel’s) ",
)
_DATED = re.compile(
    rf"(?:The )?({_NAME}) (was|were) ((?:first |officially )?(?:\w+ed|begun|born|built|held|made|"
    r"sold|won|written)) (?:[\w,]+ ){0,6}?(?:in|on) (?:[\w,]+ ){0,3}?(1\d{3}|20\d{2})\b"
)
_DEFINED = re.compile(
    rf"((?:The )?{_NAME})(?: \([^()]*\))? (is|was|are|were) "
    r"((?:an?|the|one of the) (?:[\w’'-]+ ?)+)"
)
_NO_NAME = re.compile(r"(?:Each|He|Her|His|Here|It|Its|She|That|Their|There|These|They|This|We)\b")
_PEOPLE = re.compile(
    r"\b(?:activist|actor|actress|artist|architect|athlete|author|biologist|chemist|composer|"
    r"conductor|economist|emperor|engineer|explorer|footballer|general|historian|inventor|"
    r"journalist|king|lawyer|mathematician|musician|novelist|painter|philosopher|physicist|player|"
    r"poet|politician|president|prince|princess|queen|scientist|singer|statesman|writer)\b"
)
_ABBREVIATED = re.compile(rf"\b({_NAME}) \(([A-Z]{{2,6}})\)")


def _by_office(line: str) -> Iterator[Candidate]:
    """Who holds an office: "national security adviser Jake Sullivan" and the like."""
    for match in _BEFORE_OFFICE.finditer(line):
        office = match[1]
        while _NO_OFFICE.match(office):
            office = office.partition(" ")[2]
        if " " in office:
            surname = re.sub(r"[’']s?$", "", match[2].split()[-1])
            yield Candidate(f"Who is the {office}?", surname)
    for match in _AFTER_NAME.finditer(line):
        yield Candidate(f"Who is the {match[2]}?", match[1].split()[-1])


def _by_date(line: str) -> Iterator[Candidate]:
    """When something happened that has a year: "The Harrow Light was built in 1871"."""
    if match := _DATED.match(line):
        the = "the " if line.startswith("The ") else ""
        yield Candidate(f"When {match[2]} {the}{match[1]} {match[3]}?", match[4])


def _by_abbreviation(line: str) -> Iterator[Candidate]:
    """What letters stand for, where the name before them has those initials."""
    for match in _ABBREVIATED.finditer(line):
        words = re.findall(rf"\b{_WORD}", match[1])[-len(match[2]) :]
        if "".join(word[0] for word in words) == match[2]:
            yield Candidate(f"What does {match[2]} stand for?", words[-1])


def _by_definition(line: str) -> Iterator[Candidate]:
    """Who or what something is: "The Harrow Light is a lighthouse"."""
    match = _DEFINED.match(line)
    if match is None or _NO_NAME.match(line):
        return
    name, verb, is_what = match.groups()
    if name.startswith("The "):
        name = f"the {name[4:]}"
    asked = "Who" if _PEOPLE.search(is_what[:60]) else "What"
    # It may be a person whose trade the list does not know: "What" would be wrong then.
    person = rf"{_WORD} {_WORD}" if verb in ("is", "are") else rf"{_WORD}(?: {_WORD})?"
    if asked == "Who" or not re.fullmatch(person, name):
        yield Candidate(f"{asked} {verb} {name}?", "")
