"""message + earlier turns → a question that stands alone, by plain rules.

Stands before `retrieve`. English function words, a closed class, tell what leans on what was said
before; names are carried over by how lately and how often they were spoken of. Nothing is learnt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from qa.names import FUNCTION_WORDS, is_thing, names, same
from qa.retrieve import NO_BACKGROUND, Background

_WH = "who|whom|whose|what|which|when|where|why|how"
_DO = "do|does|did|can|could|will|would|shall|should|may|might|must"
_AUXILIARY = f"is|are|was|were|has|have|had|{_DO}"
_PERSON = "he|him|his|she|her|hers"
_PRONOUNS = {"person": _PERSON, "thing": "it|its", "several": "they|them|their|theirs"}
_DETERMINER = "the|a|an|some|any|many|most|all|each|every|no|both|my|your|our"
_PREPOSITION = (
    "in|on|at|of|by|for|from|to|with|without|about|after|before|during|since|until|under|over|"
    "between|among|against|near|into"
)


def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


_DOUBLE_QUOTE = re.compile('["“”„‟]')
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_LINKING = _pattern(r"(?:(?:and|but|so|or|then|also|ok|okay|well|plus)\b[\s,]*)+")
_ABOUT = _pattern(r"(?:what|how) about\s+|what of\s+")
_LEADING_PREPOSITION = _pattern(rf"(?:{_PREPOSITION})\s+")
_VERBAL = _pattern(rf"\b(?:{_WH}|{_AUXILIARY}|tell|name|list|give|explain|describe|show)\b")
_AUXILIARIES = _pattern(rf"\b(?:{_AUXILIARY})\b")
_BARE_WH = _pattern(rf"(?:{_WH})(?: (?:not|so|exactly))?\W*$")
_WH_ELSE = _pattern(rf"({_WH})\s+else\W*$")
_WH_QUESTION = _pattern(rf"(?P<wh>(?:{_WH})\b[^?]*?)\s+(?P<aux>{_AUXILIARY})\s+(?P<rest>.+)$")
_YES_NO = _pattern(rf"(?P<aux>{_AUXILIARY})\s+(?P<rest>.+)$")
_PRONOUN = {kind: _pattern(rf"\b(?:{words})\b(?!['’])") for kind, words in _PRONOUNS.items()}
_ANY_PRONOUN = "|".join(_PRONOUNS.values())
_POSSESSIVE = _pattern(
    rf"(?:his|hers|its|theirs?)\b|her(?=\s+(?!(?:{_PREPOSITION}|{_AUXILIARY}|and|or)\b)\w)"
)
_SUBJECT = _pattern(
    rf"\b(?:{_AUXILIARY})\s+(?:(?:{_DETERMINER})\s+)?(?!(?:{_ANY_PRONOUN}|{_DETERMINER}|i|you|we|"
    rf"one|there|this|that|these|those|not|{_PREPOSITION})\b)\w+"
)
"""A noun behind the auxiliary: what a later pronoun of the same question may well mean."""
_COUNTED = _pattern(r"\b(?:which|whose|how many|what)\s+(?!(?:" + _AUXILIARY + r")\b)\w+")
_EMPTY_IT = _pattern(
    r"\bit\s+(?:\w+ly\s+)?(?:(?:takes?|took|costs?|mean|called)\s+(?:\w+\s+){0,3}?(?:to|for|when|if)|true|"
    r"rain\w*|(?:un|im|il)?(?:possible|necessary|legal|important|enough|better|easier|hard|easy)|"
    r"\w+ that)\b"
)
_POINTING = _pattern(
    rf"^(?:{_AUXILIARY}) that\b|\b(?:{_PREPOSITION}|like|than) that\b|"
    r"\b(?:that|then|instead|too)\W*$|(?<!are )(?<!were )(?<!is )(?<!was )\bthere\W*$"
)
_POINTING_UNNAMED = _pattern(
    r"\b(?:this|these|those|else|another|(?:the|any|what|which|some) (?:same|others?))\b"
    r"|\b(?:tell me|say|know|explain) more\W*$|\bmore (?:detail|information)s?\W*$"
    r"|^(?:please )?elaborate"
)
"""Points back in a short message without a name; in another it may point within."""
_THERE = _pattern(r"\bthere\W*$")
_MAX_POINTING_WORDS = 9
_MAX_FRAGMENT_WORDS = 4
_MAX_CARRIED_WORDS = 30
_MAX_ANSWER_WORDS = 8
LEANING_WEIGHT = 0.4
WEIGHT = 0.3
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
        for question, answer in history:
            conversation.add(question, answer)
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
    said = " ".join(text for turn in history for text in turn)
    weight = LEANING_WEIGHT if leans(message) else WEIGHT
    return Understood(
        message if _AUXILIARIES.search(message) else question,
        question,
        Background(said[-MAX_SAID_CHARS:], weight),
    )


def rewritten(message: str, conversation: Conversation) -> str:
    """The message as a question that stands alone; the message itself where it does so already."""
    if not conversation.question or not leans(message):
        return message
    linking = _LINKING.match(message)
    core = (message[linking.end() :] if linking else "") or message
    whole = _completed(core, linking is not None, conversation)
    if whole is not None:
        return whole
    replaced = _replaced(core, conversation)
    if replaced != core or (linking and names(core) and not _points_back(core)):
        return _capital(replaced)
    topic = conversation.antecedent("thing" if _THERE.search(core) else "any")
    if topic is None:
        return _after(conversation.question, message)
    return core if topic.lower() in core.lower() else f"{topic}: {core}"


def leans(message: str) -> bool:
    """Whether the message alone does not say what it asks.

    So with a fragment, one that begins with "and" or points to "that" or "there", and one with a
    pronoun, unless a name or noun that it can stand for comes before it.
    """
    words = re.findall(r"\w+", message)
    if not words:
        return False
    if _LINKING.match(message) or _ABOUT.match(message) or _points_back(message):
        return True
    begun = words[0].lower() in FUNCTION_WORDS
    if begun and len(words) <= _MAX_FRAGMENT_WORDS and not _VERBAL.search(message):
        return True
    if len(words) <= 2 or (len(words) == 3 and not _AUXILIARIES.search(message)):
        return not names(f"x {message}")
    return any(_points_out(message, kind) for kind in _PRONOUN)


def _points_back(message: str) -> bool:
    """Whether a word such as "that", "there" or "else" points to what was said before."""
    if _POINTING.search(message):
        return True
    short = len(message.split()) <= _MAX_POINTING_WORDS and not names(message)
    return short and bool(_POINTING_UNNAMED.search(message))


def _points_out(message: str, kind: str) -> bool:
    """Whether a pronoun of this kind stands for nothing within the message."""
    pronoun = _PRONOUN[kind].search(message)
    if pronoun is None or (kind == "thing" and _EMPTY_IT.search(message)):
        return False
    before = message[: pronoun.start()]
    if names(f"{before} x"):
        return False
    return kind == "person" or not (_SUBJECT.search(before) or _COUNTED.search(before))


def _completed(core: str, linked: bool, conversation: Conversation) -> str | None:
    """A fragment made whole with the question before: "Why?", "Who else?", "In 2023?"."""
    before = conversation.question.rstrip(" ?!.")
    if len(before.split()) > _MAX_CARRIED_WORDS:
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
    about = _ABOUT.match(bare)
    part = bare[about.end() :] if about else bare
    pointing = any(pattern.search(part) for pattern in _PRONOUN.values()) or _points_back(part)
    if pointing or _VERBAL.search(part):
        return None
    if about or len(part.split()) <= _MAX_FRAGMENT_WORDS:
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
        if not re.fullmatch(_DO, found["aux"], re.IGNORECASE):
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
        if not placed or head.lower().endswith(placed[0].lower()):
            return f"{head.removesuffix('the ')}{name}{tail}?"
    return f"{before} {part}?" if placed else None


def _replaced(core: str, conversation: Conversation) -> str:
    """The message with its first pronoun that points out replaced by what it stands for."""
    found = [
        (pronoun.start(), pronoun, kind)
        for kind, pattern in _PRONOUN.items()
        if _points_out(core, kind) and (pronoun := pattern.search(core))
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
    if 0 < len(words) <= 4 and not FUNCTION_WORDS.intersection(map(str.lower, words)):
        return [text.strip(" ?!.,:;")]
    return []


def _after(question: str, message: str) -> str:
    """The message with the question before in front, unless that is too long to be read."""
    if len(question.split()) > _MAX_CARRIED_WORDS:
        return message
    return f"{question}{'' if question[-1] in '?!.' else '?'} {message}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
