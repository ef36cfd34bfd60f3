"""What a tab remembers: turns and thumbs stay side by side."""

from __future__ import annotations

from qa.chat import Turn
from qa.ui.conversation import TURNS_KEPT, Conversation
from tests.test_ui_render import HEIGHT, answered


def turn(number: int) -> Turn:
    return Turn(f"Question {number}?", f"Question {number}?", answered(HEIGHT))


def test_turns_come_and_go_with_their_thumbs() -> None:
    two = Conversation().after(turn(0)).after(turn(1)).judged(0, True)
    assert two == Conversation((turn(0), turn(1)), (True, None))
    assert two.judged(1, False).before_last() == Conversation((turn(0),), (True,))
    assert two.judged(0, None).thumbs == (None, None)
    assert Conversation().before_last() == Conversation()


def test_the_oldest_turns_are_let_go() -> None:
    conversation = Conversation().after(turn(0)).judged(0, True).after(turn(1)).judged(1, False)
    for number in range(2, TURNS_KEPT + 1):
        conversation = conversation.after(turn(number))
    assert conversation.turns == tuple(map(turn, range(1, TURNS_KEPT + 1)))
    assert conversation.thumbs == (False, *[None] * (TURNS_KEPT - 1))
