import pytest

from qa.bot import Bot
from qa.chat import leans_back, stand_alone

HISTORY = [("Who co-hosted the summit?", "the Aspen Institute")]


@pytest.mark.parametrize(
    "message",
    [
        "And who spoke there?",
        "Why?",
        "What did he say?",
        "who else?",
        "What was decided there?",
        "in 2023?",
        "What about the hostages in Gaza?",
        "Does the US think it will manage that?",
    ],
)
def test_messages_that_lean_back(message: str) -> None:
    assert leans_back(message)


@pytest.mark.parametrize(
    "message",
    [
        "Who is the national security adviser?",
        "When did Blinken speak on television?",
        "Why are the advisers getting more and more fed up?",
        "Who said that Hamas has been degraded?",
        "Is there a plan for the time after the war?",
        "What did Biden say he would do?",
    ],
)
def test_messages_that_stand_alone(message: str) -> None:
    assert not leans_back(message)
    assert stand_alone(message, HISTORY) == message


def test_a_follow_up_gets_the_turn_before_in_front() -> None:
    assert (
        stand_alone("And who spoke there?", HISTORY)
        == "Who co-hosted the summit? the Aspen Institute And who spoke there?"
    )
    assert stand_alone("And who spoke there?", []) == "And who spoke there?"


def test_what_was_quoted_before_need_not_be_in_the_next_answer() -> None:
    history = [('Who sang "Hello"?', "Adele, in “25”")]
    understood = 'Who sang Hello? Adele, in 25 And who wrote "Skyfall"?'
    assert stand_alone('And who wrote "Skyfall"?', history) == understood


def test_a_chat_remembers_and_shows_what_it_understood(bot: Bot) -> None:
    chat = bot.chat()
    first = chat.say("Who co-hosted the NATO Youth Summit?")
    second = chat.say("And who spoke there?")
    assert first.question == first.message == "Who co-hosted the NATO Youth Summit?"
    assert second.message == "And who spoke there?"
    assert second.question.startswith("Who co-hosted the NATO Youth Summit? ")
    assert second.question.endswith(" And who spoke there?")
    assert chat.turns == [first, second]
    history = [(first.message, first.answer.text or "")]
    assert second.answer.citations == bot.ask("And who spoke there?", history=history).citations
