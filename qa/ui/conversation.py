"""What one browser tab has said and heard so far: the state of the page, kept on the server."""

from __future__ import annotations

from dataclasses import dataclass

from qa.chat import Turn

TURNS_KEPT = 40
"""Longer conversations slow the browser; older turns are let go."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns, oldest first, and what the person thinks of each: True for a thumb up."""

    turns: tuple[Turn, ...] = ()
    thumbs: tuple[bool | None, ...] = ()

    def after(self, turn: Turn) -> Conversation:
        """With one turn more, and the oldest let go where there are too many."""
        turns, thumbs = (*self.turns, turn), (*self.thumbs, None)
        return Conversation(turns[-TURNS_KEPT:], thumbs[-TURNS_KEPT:])

    def before_last(self) -> Conversation:
        """Without the last turn."""
        return Conversation(self.turns[:-1], self.thumbs[:-1])

    def judged(self, number: int, thumb: bool | None) -> Conversation:
        """With another thumb for the turn with this number, from 0."""
        thumbs = (*self.thumbs[:number], thumb, *self.thumbs[number + 1 :])
        return Conversation(self.turns, thumbs)
