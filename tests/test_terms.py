import pytest

from embeddings.terms import content_words, holds, match_expression, quoted_phrases


def test_stop_words_and_repetitions_are_left_out() -> None:
    assert content_words("Who is the King of the king's men?") == ["king", "men"]


def test_the_expression_quotes_every_word() -> None:
    assert match_expression('Who said "NEAR" OR dogs?') == (
        '"said" OR "near" OR "dogs" OR {text} : "said near"'
    )
    assert match_expression("what is it?") == ""


def test_content_words_side_by_side_count_as_a_pair_too() -> None:
    assert match_expression("Who won the World Series of 1990, the world series?") == (
        '"won" OR "world" OR "series" OR "1990" OR {text} : "world series"'
    )


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('Who sang "Hello"?', ["Hello"]),
        ("Who said “we  shall overcome,” and „where“?", ["we  shall overcome", "where"]),
        ('Is a 5" by 7" board ("pine") left?', ["pine"]),
        ('Who sang "Hello?', []),
        ('What is "" or "?!"?', []),
        ("Who sang 'Hello'?", []),
    ],
)
def test_phrases_stand_in_double_quotation_marks(question: str, phrases: list[str]) -> None:
    assert quoted_phrases(question) == phrases


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("They SHALL\n overcome.", "shall overcome", True),
        ("They shall overcome.", "shall over", False),
        ("They shall not overcome.", "shall overcome", False),
        ("It’s a C++ program.", "it's a c++", True),
        ("Concatenate.", "cat", False),
        ("a.b", "a b", False),
    ],
)
def test_a_phrase_is_held_in_whole_words(text: str, phrase: str, expected: bool) -> None:
    assert holds(text, phrase) is expected
