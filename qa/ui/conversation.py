"""What one browser tab has said and heard so far: the state of the page, kept on the server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qa.chat import Turn

if TYPE_CHECKING:
    from qa.ui.kept import KeptTurn

TURNS_KEPT = 40
"""Longer conversations slow the browser; older turns are let go."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns, oldest first, and what the person thinks of each: True for a thumb up.

    `name` is what a browser that keeps it knows it by, "" before the first question; `lost` are the
    reopened turns that are not as they were kept, and how they were.
    """

    turns: tuple[Turn, ...] = ()
    thumbs: tuple[bool | None, ...] = ()
    name: str = ""
    lost: tuple[tuple[Turn, KeptTurn], ...] = ()

    def begun(self) -> Conversation:
        """With a name."""
        return self if self.name else replace(self, name=secrets.token_hex(16))

    def after(self, turn: Turn) -> Conversation:
        """With one turn more, and the oldest let go where there are too many."""
        turns, thumbs = (*self.turns, turn), (*self.thumbs, None)
        return replace(self, turns=turns[-TURNS_KEPT:], thumbs=thumbs[-TURNS_KEPT:])

    def before_last(self) -> Conversation:
        """Without the last turn."""
        return replace(self, turns=self.turns[:-1], thumbs=self.thumbs[:-1])

    def judged(self, number: int, thumb: bool | None) -> Conversation:
        """With another thumb for the turn with this number, from 0."""
        thumbs = (*self.thumbs[:number], thumb, *self.thumbs[number + 1 :])
        return replace(self, thumbs=thumbs)
