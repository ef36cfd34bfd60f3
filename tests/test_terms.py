import pytest

from embeddings.terms import content_words, coverage, match_expression


def test_stop_words_and_repetitions_are_left_out() -> None:
    assert content_words("Who is the King of the king's men?") == ["king", "men"]


def test_the_expression_quotes_every_word() -> None:
    assert match_expression('Who said "NEAR" OR dogs?') == '"said" OR "near" OR "dogs"'
    assert match_expression("what is it?") == ""


def test_coverage_is_the_share_of_words_that_begin_a_word_of_the_text() -> None:
    text = "The assessments came late."
    assert coverage("When did the assessment come?", text) == pytest.approx(0.5)
    assert coverage("assessments late", text) == 1.0
    assert coverage("what?", text) == 0.0
