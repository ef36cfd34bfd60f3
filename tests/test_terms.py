from embeddings.terms import content_words, match_expression


def test_stop_words_and_repetitions_are_left_out() -> None:
    assert content_words("Who is the King of the king's men?") == ["king", "men"]


def test_the_expression_quotes_every_word() -> None:
    assert match_expression('Who said "NEAR" OR dogs?') == (
        '"said" OR "near" OR "dogs" OR "said near"'
    )
    assert match_expression("what is it?") == ""


def test_content_words_side_by_side_count_as_a_pair_too() -> None:
    assert match_expression("Who won the World Series of 1990, the world series?") == (
        '"won" OR "world" OR "series" OR "1990" OR "world series"'
    )
