import pytest

from qa.bot import Answer, Bot
from qa.chat import Turn


def answer_of(turn: Turn) -> Answer:
    assert turn.answer is not None
    return turn.answer


def test_a_chat_remembers_and_shows_what_it_understood(bot: Bot) -> None:
    chat = bot.chat()
    first = chat.say("Who co-hosted the NATO Youth Summit?")
    second = chat.say("And who spoke there?")
    assert first.question == first.message == "Who co-hosted the NATO Youth Summit?"
    assert second.message == "And who spoke there?"
    assert second.question == "NATO Youth Summit: who spoke there?"
    assert chat.turns == [first, second]
    history = [(first.message, answer_of(first).text or "")]
    asked = bot.ask("And who spoke there?", history=history)
    assert asked.question == second.question
    assert asked.citations == answer_of(second).citations
    assert asked.confidence == answer_of(second).confidence


def test_a_person_overrules_how_a_message_was_understood(bot: Bot) -> None:
    chat = bot.chat()
    chat.say("Who co-hosted the NATO Youth Summit?")
    turn = chat.say("And who spoke there?", as_asked=True)
    assert turn.question == turn.message == "And who spoke there?"
    plain = bot.ask("And who spoke there?")
    assert answer_of(turn).confidence == plain.confidence
    assert answer_of(turn).nearest == plain.nearest
    assert chat.say("thanks", as_asked=True).remark is None


def test_small_talk_gets_a_line_and_is_no_part_of_what_was_asked(bot: Bot) -> None:
    chat = bot.chat()
    turn = chat.say("Hello!")
    line = "Hello. What would you like to know from your documents?"
    assert turn == Turn("Hello!", "Hello!", None, line)
    first = chat.say("Who co-hosted the NATO Youth Summit?")
    chat.say("thanks")
    assert chat.history() == [(first.message, answer_of(first).text or "")]
    assert chat.say("And who spoke there?").question == "NATO Youth Summit: who spoke there?"
    assert [turn.remark is None for turn in chat.turns] == [False, True, False, True]


def test_an_empty_message_is_an_error_and_no_turn(bot: Bot) -> None:
    chat = bot.chat()
    for message in ("", "  \n"):
        with pytest.raises(ValueError, match="empty"):
            chat.say(message)
    assert chat.turns == []
