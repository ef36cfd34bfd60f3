"""message + earlier turns → a question that stands alone, by plain rules.

Stands before `retrieve`. What leans is made whole with the question before, or gets the name that
it leans on, chosen by how lately and how often it was spoken of. Nothing is learnt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from qa.leaning import (
    ABOUT,
    AUXILIARIES,
    AUXILIARY,
    DO,
    LINKING,
    MAX_FRAGMENT_WORDS,
    PREPOSITION,
    PRONOUN,
    VERBAL,
    WH,
    leans,
    pattern,
    points_back,
    points_out,
)
from qa.names import FUNCTION_WORDS, is_thing, names, same
from qa.retrieve import NO_BACKGROUND, Background

_DOUBLE_QUOTE = re.compile('["“”„‟]')
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_LEADING_PREPOSITION = pattern(rf"(?:{PREPOSITION})\s+")
_BARE_WH = pattern(rf"(?:{WH})(?: (?:not|so|exactly))?\W*$")
_WH_ELSE = pattern(rf"({WH})\s+else\W*$")
_WH_QUESTION = pattern(rf"(?P<wh>(?:{WH})\b[^?]*?)\s+(?P<aux>{AUXILIARY})\s+(?P<rest>.+)$")
_YES_NO = pattern(rf"(?P<aux>{AUXILIARY})\s+(?P<rest>.+)$")
_POSSESSIVE = pattern(
    rf"(?:his|hers|its|theirs?)\b|her(?=\s+(?!(?:{PREPOSITION}|{AUXILIARY}|and|or)\b)\w)"
)
_THERE = pattern(r"\bthere\W*$")
_MAX_CARRIED_WORDS, _MAX_CARRIED_CHARS = 30, 200
_MAX_ANSWER_WORDS = 8
LEANING_WEIGHT = 0.4
WEIGHT = 0.3
"""Of what was said before, beside a question that leans on it, and beside any other."""
MAX_TURNS = 20
MAX_CHARS = 2000
"""More turns, and more of each text, are not looked at."""
MAX_SAID_CHARS = 1000
"""About what an embedder takes; the latest of what was said."""
_DECAY = 0.7
"""What a mention counts for, one turn later."""
_IN_ANSWER = 0.5


@dataclass(slots=True)
class Conversation:
    """What was spoken of: names with their weight, and the last question as it was understood."""

    weights: dict[str, float] = field(default_factory=dict)
    persons: set[str] = field(default_factory=set)
    question: str = ""
    answer: str = ""

    @classmethod
    def after(cls, history: Sequence[tuple[str, str]]) -> Conversation:
        """The conversation after these (question, answer) pairs, oldest first."""
        conversation = cls()
        for question, answer in history[-MAX_TURNS:]:
            conversation.add(question[:MAX_CHARS], answer[:MAX_CHARS])
        return conversation

    def add(self, message: str, answer: str) -> None:
        """Goes on by one turn."""
        message, answer = (_DOUBLE_QUOTE.sub("", text).strip() for text in (message, answer))
        question = rewritten(message, self)
        self.weights = {name: _DECAY * weight for name, weight in self.weights.items()}
        for text, weight in ((question, 1.0), (answer, _IN_ANSWER)):
            found = names(text) or (_keywords(text) if text is question else [])
            for name in dict.fromkeys(map(self._known, found)):
                self.weights[name] = self.weights.get(name, 0.0) + weight
        self.question, self.answer = question, answer

    def antecedent(self, kind: str, message: str = "") -> str | None:
        """The name that a pronoun of this kind, or any, most likely stands for in the message.

        The one spoken of most, of late; for a person, the first of the last question goes before.
        What is known to be of the kind counts double: who was "he" before, what bears a thing's
        name.
        """
        known = {"person": self.persons.__contains__, "thing": is_thing}.get(kind)
        fitting = {
            name: weight * (2.0 if known and known(name) else 1.0)
            for name, weight in self.weights.items()
            if name.lower() not in message.lower()
            and (
                kind == "any"
                or (kind == "person" and (name in self.persons or not is_thing(name)))
                or (kind != "person" and name not in self.persons)
            )
        }
        latest = (self._known(name) for name in names(self.question))
        found = next((name for name in latest if name in fitting), None)
        if found is None or kind != "person":
            found = max(fitting, key=lambda name: fitting[name], default=None)
        if found is not None and kind == "person":
            self.persons.add(found)
        return found

    def _known(self, name: str) -> str:
        """The name under which what it names is known already."""
        return next((known for known in self.weights if same(name, known)), name)


@dataclass(frozen=True, slots=True)
class Understood:
    """A message as it is asked: the question that stands alone, and the talk behind it.

    `message` is what is read beside the question, in the person's own words; the question itself
    where these say nothing alone.
    """

    message: str
    question: str
    background: Background = NO_BACKGROUND


def understand(message: str, history: Sequence[tuple[str, str]]) -> Understood:
    """The message in the light of the (question, answer) pairs before it, oldest first."""
    if not history:
        return Understood(message, message)
    question = rewritten(message, Conversation.after(history))
    said = " ".join(text for turn in history[-MAX_TURNS:] for text in turn)
    weight = LEANING_WEIGHT if leans(message) else WEIGHT
    return Understood(
        message if AUXILIARIES.search(message) else question,
        question,
        Background(said[-MAX_SAID_CHARS:], weight),
    )


def rewritten(message: str, conversation: Conversation) -> str:
    """The message as a question that stands alone; the message itself where it does so already."""
    if not conversation.question or not leans(message):
        return message
    linking = LINKING.match(message)
    core = (message[linking.end() :] if linking else "") or message
    whole = _completed(core, linking is not None, conversation)
    if whole is not None:
        return whole
    replaced = _replaced(core, conversation)
    if replaced != core or (linking and names(core) and not points_back(core)):
        return _capital(replaced)
    topic = conversation.antecedent("thing" if _THERE.search(core) else "any")
    if topic is None:
        return _after(conversation.question, message)
    return core if topic.lower() in core.lower() else f"{topic}: {core}"


def _completed(core: str, linked: bool, conversation: Conversation) -> str | None:
    """A fragment made whole with the question before: "Why?", "Who else?", "In 2023?"."""
    before = conversation.question.rstrip(" ?!.")
    if _is_long(before):
        return None
    bare = core.strip(" ?!.,")
    if _BARE_WH.match(core):
        anew = _asked_anew(bare, before, conversation.answer)
        return anew or _after(conversation.question, _capital(core))
    if other := _WH_ELSE.match(core):
        start = re.match(rf"{other[1]}\b\s*", before, re.IGNORECASE)
        if start is None:
            return _after(conversation.question, _capital(core))
        return f"{_capital(other[1])} else {before[start.end() :]}?"
    about = ABOUT.match(bare)
    part = bare[about.end() :] if about else bare
    pointing = any(pronoun.search(part) for pronoun in PRONOUN.values()) or points_back(part)
    if pointing or VERBAL.search(part):
        return None
    if about or len(part.split()) <= MAX_FRAGMENT_WORDS:
        whole = _swapped(part, before, conversation, told=linked or about is not None)
        return whole or (_after(conversation.question, _capital(core)) if about else None)
    return None


def _asked_anew(wh: str, before: str, answer: str) -> str | None:
    """The question before with another question word: "Where?" after "When did it open?"."""
    if found := _YES_NO.match(before):
        return f"{_capital(wh)} {found['aux'].lower()} {found['rest']}?"
    found = _WH_QUESTION.match(before)
    if found is None:
        return None
    rest = found["rest"]
    if not re.match(r"(?:when|where|why|how)\b", found["wh"], re.IGNORECASE):
        if not re.fullmatch(DO, found["aux"], re.IGNORECASE):
            return None
        short = answer.strip(" ,.;")
        if not 0 < len(short.split()) <= _MAX_ANSWER_WORDS:
            return None
        rest += f" {short}"
    return f"{_capital(wh)} {found['aux'].lower()} {rest}?"


def _swapped(part: str, before: str, conversation: Conversation, *, told: bool) -> str | None:
    """The question before with this part in the place of one of its kind, a year or a name.

    `told`: words such as "and" or "what about" have told that it is meant so. A part that begins
    with a preposition and is of no kind that is there goes to the end.
    """
    placed = _LEADING_PREPOSITION.match(part)
    year, years = _YEAR.search(part), _YEAR.findall(before)
    if year and years:
        return f"{before.replace(years[-1], year[0])}?"
    name = part[placed.end() :] if placed else part
    old = names(before)
    if old and [name] == names(f"x {name}") and (told or placed or name in conversation.weights):
        out = next((n for n in reversed(old) if is_thing(n) == is_thing(name)), old[-1])
        at = before.rfind(out)
        head, tail = before[:at], before[at + len(out) :]
        if at >= 0 and (not placed or head.lower().endswith(placed[0].lower())):
            return f"{head.removesuffix('the ')}{name}{tail}?"
    return f"{before} {part}?" if placed else None


def _replaced(core: str, conversation: Conversation) -> str:
    """The message with its first pronoun that points out replaced by what it stands for."""
    found = [
        (pronoun.start(), pronoun, kind)
        for kind, pronouns in PRONOUN.items()
        if points_out(core, kind) and (pronoun := pronouns.search(core))
    ]
    if not found:
        return core
    at, pronoun, kind = min(found, key=lambda place: place[0])
    name = conversation.antecedent(kind, core)
    if name is None:
        return core
    tail = "'s" if _POSSESSIVE.match(core, at) else ""
    return f"{core[:at]}{name}{tail}{core[pronoun.end() :]}"


def _keywords(text: str) -> list[str]:
    """A few words without a function word among them are a name themselves: "loan simulator"."""
    words = re.findall(r"\w+", text)
    if (
        0 < len(words) <= 4
        and len(text) <= 80
        and not FUNCTION_WORDS.intersection(map(str.lower, words))
    ):
        return [text.strip(" ?!.,:;")]
    return []


def _after(question: str, message: str) -> str:
    """The message with the question before in front, unless that is too long to be read."""
    if _is_long(question):
        return message
    return f"{question}{'' if question[-1] in '?!.' else '?'} {message}"


def _is_long(question: str) -> bool:
    """Whether carrying the question over would leave the reader no room for the message."""
    return len(question.split()) > _MAX_CARRIED_WORDS or len(question) > _MAX_CARRIED_CHARS


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
