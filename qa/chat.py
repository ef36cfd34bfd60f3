"""A conversation with a `Bot`: turns, and what each message is understood as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qa.remarks import remark

if TYPE_CHECKING:
    from qa.bot import Answer, Bot


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange. `question` is the message as it was understood, with what it leans on.

    Small talk has no answer: then `answer` is None and `remark` the fixed line that it gets.
    A turn of a conversation that was kept and reopened may have both: what is gone since then.
    `as_asked`: the message was taken plainly, because a person wanted it so.
    """

    message: str
    question: str
    answer: Answer | None
    remark: str | None = None
    as_asked: bool = False


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

    def say(self, message: str, *, as_asked: bool = False) -> Turn:
        """The turn that answers the message; it is also kept in `turns`.

        `as_asked` takes the message plainly, as one that leans on nothing and is no small talk: so
        a person overrules how it was understood. Raises as `Bot.ask` does.
        """
        line = None if as_asked else remark(message)
        if line is not None:
            turn = Turn(message, message, None, line)
        else:
            answer = self.bot.ask(
                message,
                history=[] if as_asked else self.history(),
                within=self.within,
                after=self.after,
                before=self.before,
            )
            turn = Turn(message, answer.question, answer, as_asked=as_asked)
        self.turns.append(turn)
        return turn

    def history(self) -> list[tuple[str, str]]:
        """What was asked and answered so far, as `Bot.ask` takes it."""
        return [(turn.message, turn.answer.text or "") for turn in self.turns if turn.answer]
