import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.passages import Window, split_passages
from embeddings.sentences import Span, split_sentences
from embeddings.tokens import load_encoding

ENCODING = load_encoding()
TEXT = "One two three. Four five six. Seven eight nine. Ten eleven twelve."


def count(text: str) -> int:
    return len(ENCODING.encode_ordinary(text))


def windows(text: str, max_tokens: int = 160, overlap_tokens: int = 0) -> list[Window]:
    return split_passages(
        text,
        split_sentences(text),
        ENCODING,
        max_tokens=max_tokens,
        overlap_tokens=overlap_tokens,
    )


def test_windows_are_whole_sentences_within_the_budget_and_overlap() -> None:
    four = count("Four five six.")
    found = windows(TEXT, max_tokens=2 * four + 2, overlap_tokens=four)
    assert [TEXT[w.start : w.end] for w in found] == [
        "One two three. Four five six.",
        "Four five six. Seven eight nine.",
        "Seven eight nine. Ten eleven twelve.",
    ]
    assert found[0].sentences == (Span(0, 14), Span(15, 29))


def test_everything_in_one_window_where_it_fits() -> None:
    assert windows(TEXT, max_tokens=160) == [Window(0, len(TEXT), tuple(split_sentences(TEXT)))]


def test_no_text_gives_no_window() -> None:
    assert windows(" \n ") == []


def test_parts_of_a_long_sentence_cite_the_whole() -> None:
    text = "He came, " * 40 + "and left."
    found = windows(text, max_tokens=30, overlap_tokens=5)
    assert len(found) == 5
    assert {w.sentences for w in found} == {(Span(0, len(text)),)}
    assert all(text[w.start : w.end].endswith((",", "left.")) for w in found)
    assert " ".join(text[w.start : w.end] for w in found) == text


def test_a_window_that_the_embedder_would_cut_is_made_smaller() -> None:
    found = split_passages(
        TEXT, split_sentences(TEXT), ENCODING, overlap_tokens=0, fits=lambda t: len(t) <= 35
    )
    assert [TEXT[w.start : w.end] for w in found] == [
        "One two three. Four five six.",
        "Seven eight nine.",
        "Ten eleven twelve.",
    ]


def test_an_embedder_that_takes_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="not even 'O' fits"):
        split_passages(TEXT, split_sentences(TEXT), ENCODING, fits=lambda _: False)


def test_an_overlap_as_large_as_the_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 0 to 9"):
        windows(TEXT, max_tokens=10, overlap_tokens=10)


@given(
    st.lists(st.sampled_from(["Ab cd. ", "é🙂 x, ", "long" * 9, "\n\n", "A. ", "-"]), max_size=60),
    st.integers(4, 40),
)
def test_every_sentence_is_shown_and_no_window_exceeds_the_budget(
    pieces: list[str], max_tokens: int
) -> None:
    text = "".join(pieces)
    found = windows(text, max_tokens=max_tokens, overlap_tokens=max_tokens // 4)
    shown: set[int] = set()
    for window in found:
        assert count(text[window.start : window.end]) <= max_tokens
        shown.update(range(window.start, window.end))
    assert {i for i, c in enumerate(text) if not c.isspace()} <= shown
    assert {s for w in found for s in w.sentences} == set(split_sentences(text))


def test_short_lines_do_not_make_a_passage_each() -> None:
    text = "\n".join(["stream\u2029"] * 500)  # a token a line, and three for what parts it
    found = windows(text, overlap_tokens=40)
    assert len(found) < 30
    assert {s for w in found for s in w.sentences} == set(split_sentences(text))
