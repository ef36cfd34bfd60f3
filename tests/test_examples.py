"""Example questions: what each form gives, and that the bot answers those it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa.bot import Bot
from qa.examples import CONFIDENT, candidates, example_questions


@pytest.mark.parametrize(
    ("sentence", "question", "expected"),
    [
        (
            "“No,” national security adviser Jake Sullivan told reporters.",
            "Who is the national security adviser?",
            "Sullivan",
        ),
        (
            "It alluded to Israeli Prime Minister Benjamin Netanyahu’s words.",
            "Who is the Israeli Prime Minister?",
            "Netanyahu",
        ),
        (
            "On Monday Secretary of State Antony Blinken warned of it.",
            "Who is the Secretary of State?",
            "Blinken",
        ),
        (
            "Sofia Relph, the harbour master of Calderby, opened it.",
            "Who is the harbour master of Calderby?",
            "Relph",
        ),
        (
            "The Harrow Light was first built by hand in May 1871.",
            "When was the Harrow Light first built?",
            "1871",
        ),
        (
            "It uses the International Phonetic\nAlphabet (IPA) throughout.",
            "What does IPA stand for?",
            "Alphabet",
        ),
        ("The Harrow Light is a lighthouse.", "What is the Harrow Light?", ""),
        ("The Alps are the highest range.", "What are the Alps?", ""),
        ("Ada Lovelace (1815–1852) was an English mathematician.", "Who was Ada Lovelace?", ""),
    ],
)
def test_a_sentence_of_a_plain_form_becomes_a_question(
    sentence: str, question: str, expected: str
) -> None:
    assert [(c.question, c.expected) for c in candidates(sentence)] == [(question, expected)]


@pytest.mark.parametrize(
    "sentence",
    [
        "It was a bright cold day in April.",
        "President Lincoln spoke.",
        "The first phase of the work (FPX) took a year.",
        "Gustav was the local chief of police.",
        "This is the end of Part Two.",
        "",
    ],
)
def test_other_sentences_give_none(sentence: str) -> None:
    assert list(candidates(sentence)) == []


def test_the_bot_answers_its_examples_with_confidence(bot: Bot) -> None:
    questions = example_questions(bot)
    assert questions
    assert questions == example_questions(bot)
    for question in questions:
        assert bot.ask(question).confidence >= CONFIDENT
    assert example_questions(bot, count=1) == questions[:1]


def test_documents_without_such_a_sentence_give_none(tmp_path: Path) -> None:
    (tmp_path / "rain.txt").write_text("It rains a lot here. Nobody minds the rain.", "utf-8")
    with Bot.open(tmp_path) as bot:
        assert example_questions(bot) == []
