"""A conversation with a `Bot`: turns, and follow-up questions understood from what went before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.bot import Answer, Bot

_LINKING = re.compile(r"(?:and|but|so|or|then|also|what about|how about)\b", re.IGNORECASE)
_POINTING = re.compile(r"\b(?:there|then|that|this|those|these|so|else)\W*$", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|her|them|his|hers|its|theirs?)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,] )[A-Z]")
_DOUBLE_QUOTE = re.compile('["“”„‟]')
_MAX_FRAGMENT_WORDS = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange. `question` is the message as it was understood, with what it leans on."""

    message: str
    question: str
    answer: Answer


@dataclass(slots=True)
class Chat:
    """Remembers the turns, so that a message may lean on the ones before it.

    `within`, `after` and `before` say which documents to answer from, as in `Bot.ask`.

    chat = bot.chat()
    chat.say("Who co-hosted the summit?").answer.text
    chat.say("And who spoke there?").question    # what was searched for
    """

    bot: Bot
    turns: list[Turn] = field(default_factory=list)
    within: tuple[str, ...] = ()
    after: str | None = None
    before: str | None = None

    def say(self, message: str) -> Turn:
        """The turn that answers the message; it is also kept in `turns`."""
        history = [(turn.message, turn.answer.text or "") for turn in self.turns]
        answer = self.bot.ask(
            message, history=history, within=self.within, after=self.after, before=self.before
        )
        turn = Turn(message, answer.question, answer)
        self.turns.append(turn)
        return turn


def stand_alone(message: str, history: Sequence[tuple[str, str]]) -> str:
    """The message as a question that can be searched for on its own.

    One that points back, by a pronoun or by being a fragment, gets the question and answer before
    it put in front; any other stays as it is. Those lose their double quotation marks: what the
    message itself quotes must stand in an answer, not what was quoted before.
    """
    if not history or not leans_back(message):
        return message
    before = (_DOUBLE_QUOTE.sub("", part).strip() for part in history[-1])
    return " ".join(part for part in (*before, message) if part)


def leans_back(message: str) -> bool:
    """Whether the message alone does not say what it asks.

    So with a fragment of a word or two, one that starts with "and" or ends with "there" or the
    like, and one with a pronoun, unless a name that it can stand for comes before it.
    """
    if len(message.split()) <= _MAX_FRAGMENT_WORDS:
        return True
    if _LINKING.match(message) or _POINTING.search(message):
        return True
    pronoun = _PRONOUN.search(message)
    return pronoun is not None and not _NAME.search(message, 0, pronoun.start())
