import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.followup import LEANING_WEIGHT, WEIGHT, Conversation, rewritten, understand
from qa.leaning import leans
from qa.retrieve import Background

SUMMIT = ("Who co-hosted the NATO Youth Summit?", "the Aspen Institute")
BLINKEN = ("What did Blinken warn of?", "dire consequences")
ON_TELEVISION = ("When did Blinken speak on television?", "Sunday")
REVENUE = ("What was the revenue of Acme in 2022?", "4 million")


def after(message: str, *turns: tuple[str, str]) -> str:
    return rewritten(message, Conversation.after(turns))


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
        "how many children?",
        "Are there any other reasons?",
        "What are some of these abilities?",
        "How much does it cost?",
        "Did the audience like him?",
        "Tell me more",
    ],
)
def test_messages_that_lean(message: str) -> None:
    assert leans(message)


@pytest.mark.parametrize(
    "message",
    [
        "Who is the national security adviser?",
        "When did Blinken speak on television?",
        "Why are the advisers getting more and more fed up?",
        "Who said that Hamas has been degraded?",
        "Is there a plan for the time after the war?",
        "What did Biden say he would do?",
        "How do plants make their food?",
        "How many rows of combs are there?",
        "How long does it take to learn the violin?",
        "Is it true that the bridge fell?",
        "Besides the Rhine, what other rivers flow through the Netherlands?",
        "What is photosynthesis?",
        "Wer ist der Präsident?",
        "🙂",
        "",
    ],
)
def test_messages_that_stand_alone(message: str) -> None:
    assert not leans(message)
    assert after(message, SUMMIT, BLINKEN) == message


@pytest.mark.parametrize(
    ("message", "understood"),
    [
        ("What did he say?", "What did Blinken say?"),
        ("his age", "Blinken's age"),
        ("Did anyone warn him?", "Did anyone warn Blinken?"),
        ("And what were his reasons?", "What were Blinken's reasons?"),
    ],
)
def test_a_pronoun_stands_for_the_person_spoken_of(message: str, understood: str) -> None:
    assert after(message, SUMMIT, BLINKEN) == understood


def test_a_pronoun_keeps_its_person_over_the_turns() -> None:
    turns = (("Who is Jane Jacobs?", "a writer"), ("When was she born?", "1916"))
    assert after("Where did she live?", *turns) == "Where did Jane Jacobs live?"
    assert (
        after("Did her husband go to Columbia?", *turns, ("Where did she study?", "Columbia"))
        == "Did Jane Jacobs's husband go to Columbia?"
    )


def test_the_person_of_the_last_question_goes_before_the_one_spoken_of_more() -> None:
    turns = (BLINKEN, ("What did he say?", ""), ("What did Kurt Campbell say?", ""))
    assert after("Where did he speak?", *turns) == "Where did Kurt Campbell speak?"


def test_a_name_in_the_message_is_not_what_its_pronoun_stands_for() -> None:
    turns = (("Who is Jane Jacobs?", ""), ("Who is Robert Moses?", ""))
    assert after("Why did she fight Robert Moses?", *turns) == (
        "Why did Jane Jacobs fight Robert Moses?"
    )


def test_a_thing_is_not_the_person_spoken_of() -> None:
    turns = (("Where was Robert F. Kennedy born?", ""), ("Did he sail on The Victura?", "Yes"))
    assert after("When was it built?", *turns) == "When was The Victura built?"
    assert after("When was he shot?", *turns) == "When was Robert F. Kennedy shot?"


@pytest.mark.parametrize(
    ("message", "turn", "understood"),
    [
        ("Why?", BLINKEN, "Why did Blinken warn of dire consequences?"),
        ("Why?", ON_TELEVISION, "Why did Blinken speak on television?"),
        ("And where?", ON_TELEVISION, "Where did Blinken speak on television?"),
        (
            "When?",
            ("Did Blinken speak on television?", ""),
            "When did Blinken speak on television?",
        ),
        ("Why?", ("What did he warn of?", ""), "What did he warn of? Why?"),
        ("Why?", SUMMIT, "Who co-hosted the NATO Youth Summit? Why?"),
        ("who else?", SUMMIT, "Who else co-hosted the NATO Youth Summit?"),
        ("Who else?", BLINKEN, "What did Blinken warn of? Who else?"),
    ],
)
def test_a_question_word_alone_asks_the_question_before_anew(
    message: str, turn: tuple[str, str], understood: str
) -> None:
    assert after(message, turn) == understood


@pytest.mark.parametrize(
    ("message", "turn", "understood"),
    [
        ("And in 2023?", REVENUE, "What was the revenue of Acme in 2023?"),
        ("What about 2021?", REVENUE, "What was the revenue of Acme in 2021?"),
        ("And of Ajax Ltd?", REVENUE, "What was the revenue of Ajax Ltd in 2022?"),
        ("What about Sullivan?", BLINKEN, "What did Sullivan warn of?"),
        ("And Sullivan?", ("What did Blinken say on CBS?", ""), "What did Sullivan say on CBS?"),
        ("And NBC?", ("What did Blinken say on CBS?", ""), "What did Blinken say on NBC?"),
        ("And in 2023?", BLINKEN, "What did Blinken warn of in 2023?"),
        ("in Gaza?", BLINKEN, "What did Blinken warn of in Gaza?"),
        (
            "What about the hostages in Gaza?",
            BLINKEN,
            "What did Blinken warn of? What about the hostages in Gaza?",
        ),
    ],
)
def test_a_fragment_takes_its_place_in_the_question_before(
    message: str, turn: tuple[str, str], understood: str
) -> None:
    assert after(message, turn) == understood


def test_what_points_back_without_a_pronoun_gets_the_topic_in_front() -> None:
    assert after("And who spoke there?", SUMMIT) == "NATO Youth Summit: who spoke there?"
    assert after("And who spoke there?", SUMMIT, BLINKEN) == "NATO Youth Summit: who spoke there?"
    assert after("Tell me more", SUMMIT, BLINKEN) == "Blinken: Tell me more"
    assert after("Any fees?", ("loan simulator", "")) == "loan simulator: Any fees?"


def test_without_a_name_the_question_before_stays_in_front() -> None:
    turn = ("who is the boss of acme", "")
    assert after("What did he say?", turn) == "who is the boss of acme? What did he say?"
    long = ("who " * 31, "")
    assert after("What did he say?", long) == "What did he say?"


def test_a_linking_word_before_a_whole_question_is_left_out() -> None:
    assert after("And who is Jake Sullivan?", SUMMIT) == "Who is Jake Sullivan?"


def test_what_was_quoted_before_need_not_be_in_the_next_answer() -> None:
    turns = (('Who sang "Hello"?', "Adele, in “25”"),)
    assert after('And who wrote "Skyfall"?', *turns) == 'Who wrote "Skyfall"?'
    assert after("Who wrote it?", *turns) == "Who wrote Hello?"


@pytest.mark.parametrize("message", ["的", "Pourquoi?", "¿Y en 2023?", "?", "\x00", "'s", "and"])
def test_odd_and_foreign_messages_are_kept_whole(message: str) -> None:
    for turns in ((SUMMIT,), (("¿Quién?", "Juan"),), (("", ""),), (("?", "的"),)):
        assert after(message, *turns).lower().endswith(message.lower())


@given(st.text(min_size=1), st.lists(st.tuples(st.text(), st.text()), max_size=3))
def test_any_text_is_understood_as_something(message: str, turns: list[tuple[str, str]]) -> None:
    understood = understand(message, turns)
    assert understood.question
    assert understood.message in (message, understood.question)


def test_a_name_too_long_to_be_one_is_not_carried_over() -> None:
    name = "X" + 79 * "x"
    assert after("What did he say?", (name, "")) == f"What did {name} say?"
    assert after("What did he say?", (f"{name}x", "")) == f"{name}x? What did he say?"
    assert after("What did he say?", (3 * name, "")) == "What did he say?"


def test_what_was_said_lies_behind_a_question_and_more_so_behind_one_that_leans() -> None:
    said = "What did Blinken warn of? dire consequences"
    assert understand("Who is Jake Sullivan?", [BLINKEN]).background == Background(said, WEIGHT)
    leaning = understand("What did he say?", [BLINKEN])
    assert (leaning.message, leaning.question) == ("What did he say?", "What did Blinken say?")
    alone = understand("Why?", [BLINKEN])
    assert alone.message == alone.question == "Why did Blinken warn of dire consequences?"
    assert leaning.background == Background(said, LEANING_WEIGHT)
    assert understand("Why?", []).background.weight == 0
    assert understand("Why?", [("x" * 3000, "y")]).background.text == "x" * 998 + " y"
