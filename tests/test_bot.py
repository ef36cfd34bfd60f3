import re
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import DocumentError
from qa import Bot
from qa.question import MAX_QUESTION_CHARS


def test_the_answer_is_cited_exactly(bot: Bot) -> None:
    answer = bot.ask("Who co-hosted the NATO Youth Summit?", min_confidence=0.0)
    first = answer.citations[0]
    text = bot.document(first.document).text
    assert "co-hosted by the Aspen Institute" in first.quote
    assert answer.text == first.answer
    assert answer.nearest == ()
    assert not answer.abstained
    for citation in answer.citations:
        assert text[citation.start : citation.end] == citation.quote
        assert text[citation.answer_start : citation.answer_end] == citation.answer
    assert [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))


def test_offsets_are_those_of_the_file_as_it_stands(bot: Bot, seeds: Path) -> None:
    citation = bot.ask("Who is the national security adviser?", min_confidence=0.0).citations[0]
    raw = (seeds / citation.path).read_text("utf-8")
    assert raw[citation.start : citation.end] == citation.quote


def test_the_same_question_gets_the_same_answer(bot: Bot, seeds: Path) -> None:
    question = "What did Blinken warn of?"
    first = bot.ask(question)
    with Bot.open(seeds) as again:
        assert again.report is not None
        assert again.report.embedded == 0
        assert replace(again.ask(question), seconds=0.0) == replace(first, seconds=0.0)


def test_abstaining_shows_the_nearest_sentences(bot: Bot) -> None:
    answer = bot.ask("Who is the national security adviser?", min_confidence=1.0)
    assert (answer.text, answer.abstained, answer.citations) == (None, True, ())
    assert len(answer.nearest) == 3
    assert 0.0 < answer.confidence < 1.0


def test_a_question_about_nothing_in_the_documents_is_refused(bot: Bot) -> None:
    assert bot.ask("How do I bake sourdough bread?").abstained


def test_quoted_words_must_stand_in_the_passages_that_answer(bot: Bot) -> None:
    plain = bot.ask('Who warned of a "full-scale incursion"?', min_confidence=0.0)
    assert plain.citations
    for hit in bot.search('Who warned of a "full-scale incursion"?'):
        assert "full-scale incursion" in hit.passage.text
    none = bot.ask('Who warned of a "small-scale incursion"?', min_confidence=0.0)
    assert (none.text, none.citations, none.nearest, none.confidence) == (None, (), (), 0.0)


def test_the_example_of_the_readme_with_a_phrase_is_answered(bot: Bot) -> None:
    readme = Path(__file__).parent.parent.joinpath("README.md").read_text("utf-8")
    (question,) = re.findall(r"pincite ask '([^']+)'", readme)
    answer = bot.ask(question)
    assert answer.text == "Rafah"
    assert "full-scale incursion" in answer.citations[0].quote


def test_a_question_is_asked_within_what_is_named(bot: Bot) -> None:
    (path,) = bot.store.files()
    question = "Who is the national security adviser?"
    assert bot.search(question, within=[path]) == bot.search(question)
    assert bot.ask(question, within=["*.txt"]).text == bot.ask(question).text
    said = bot.chat(within=["000*"]).say(question).answer
    assert said is not None
    assert said.text == bot.ask(question).text
    for ask in (bot.ask, bot.search):
        with pytest.raises(DocumentError, match=r"No document is in '2024/\*'. There are: 000_"):
            ask(question, within=["2024/*"])
    with pytest.raises(DocumentError, match="No document is in 'none'"):
        bot.chat(within=["none"])


def test_zero_is_a_threshold_and_never_abstains(bot: Bot) -> None:
    assert not bot.ask("How do I bake sourdough bread?", min_confidence=0.0).abstained


@pytest.mark.parametrize("question", ["", "  \n\t "])
def test_an_empty_question_is_an_error(bot: Bot, question: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        bot.ask(question)


def test_a_question_too_long_is_an_error_with_both_numbers(bot: Bot) -> None:
    with pytest.raises(ValueError, match=r"50,000 characters, at most 2,000"):
        bot.ask("x" * 50_000)
    bot.ask("why " * (MAX_QUESTION_CHARS // 4))


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_zero_to_one_is_an_error(bot: Bot, confidence: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        bot.ask("Who?", min_confidence=confidence)


def test_a_question_of_odd_characters_is_answered_or_not_but_never_breaks(bot: Bot) -> None:
    for question in [
        "?",
        "🙂🙂",
        "\x00\x01",
        "'\"; DROP TABLE documents; --",
        "AND OR NEAR(",
        "的",
    ]:
        assert bot.ask(question).confidence <= 1.0
