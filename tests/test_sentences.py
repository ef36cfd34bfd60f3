import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.sentences import MAX_SENTENCE_CHARS, ROW_END, Span, clause_cut, split_sentences


def sentences(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text)]


def test_sentences_carry_code_point_offsets() -> None:
    text = "Zoë 🙂 came. She left."
    assert split_sentences(text) == [Span(0, 11), Span(12, 21)]


def test_abbreviations_and_decimals_do_not_end_a_sentence() -> None:
    assert sentences("Dr. Smith paid $3.5 million. U.S. officials agreed.") == [
        "Dr. Smith paid $3.5 million.",
        "U.S. officials agreed.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "The vote was called by Cllr. Brandt at noon.",
        "Ms. A. Lee of Ft. Worth wrote to Cllr. de Souza.",
        "It drew approx. 50 people, approx. half of them for 30 euros incl. VAT.",
        "See arts. 5 and 6, vol. II, ch. 3 and paras. 4 to 6.",
        "The tower is max. 30 m high and costs max. €5.",
        "She came within five yrs. of it.",
    ],
)
def test_a_stop_that_is_part_of_a_word_does_not_end_a_sentence(sentence: str) -> None:
    assert sentences(f"{sentence} Then it rained.") == [sentence, "Then it rained."]


@pytest.mark.parametrize(
    "text",
    [
        "He took it to the max. Brandt left.",
        "She taught arts. Nobody came.",
        "It opened at noon EST. 30 people came.",
        "The oil was spilt by BP. Brandt left.",
        "He holds a B.Ed. 5 people came.",
        "They sat with the Cllr. The vote came.",
        "It costs 30 euros incl. The rest is free.",
    ],
)
def test_a_word_that_may_be_one_with_a_stop_ends_a_sentence_where_it_does(text: str) -> None:
    assert len(sentences(text)) == 2


def test_a_quotation_stays_whole() -> None:
    assert sentences("“We saw it. We left,” he said. Then it rained.") == [
        "“We saw it. We left,” he said.",
        "Then it rained.",
    ]


def test_a_heading_is_a_sentence_of_its_own() -> None:
    assert sentences("The history\n\nIt began in 1871.") == ["The history", "It began in 1871."]


def test_each_line_is_a_paragraph_where_lines_are_long_or_uneven() -> None:
    assert sentences("First point\nSecond one here\nThird") == [
        "First point",
        "Second one here",
        "Third",
    ]


def test_hard_wrapped_lines_flow_together() -> None:
    text = (
        "The light was first shown on the evening of\n"
        "14 October 1871, and it has been shown every\n"
        "night since. The tower is 31 metres tall."
    )
    assert sentences(text) == [text[: text.index(" The tower")], "The tower is 31 metres tall."]


def test_items_of_a_list_do_not_flow_together() -> None:
    text = "- the first item of the list is about this long\n- the second one is about as long too"
    assert len(sentences(text)) == 2


def test_a_bracket_never_closed_does_not_swallow_the_paragraph() -> None:
    filler = "It was then carried on another channel for many years (now called Cottage Life. "
    text = filler + "The next year brought a change. " * 15
    assert len(sentences(text.strip())) == 16


def test_text_without_a_stop_is_cut_at_words() -> None:
    text = "word " * 2000
    found = split_sentences(text)
    assert all(s.end - s.start <= MAX_SENTENCE_CHARS for s in found)
    assert {w for s in found for w in text[s.start : s.end].split()} == {"word"}


def test_a_cut_prefers_a_clause_then_a_word_then_the_limit() -> None:
    assert clause_cut("one two three, four five six", 0, 20) == 14
    assert clause_cut("one two three four five six", 0, 20) == 19
    assert clause_cut("x" * 30, 0, 20) == 20


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_spans_are_ordered_trimmed_and_lose_nothing_but_white_space(text: str) -> None:
    at = 0
    for span in split_sentences(text):
        assert text[at : span.start].strip() == ""
        quote = text[span.start : span.end]
        assert quote
        assert quote == quote.strip()
        at = span.end
    assert text[at:].strip() == ""


def test_a_line_with_the_mark_of_a_row_is_one_sentence() -> None:
    row = "Name: Ada. L. Jones? Yes; Born: 1815. Here"
    text = f"One. Two.\n{row}{ROW_END}\n{row}{ROW_END}\nThree. Four."
    found = [text[span.start : span.end] for span in split_sentences(text)]
    assert found == ["One.", "Two.", row, row, "Three.", "Four."]


def test_a_paragraph_without_end_is_split_like_a_short_one() -> None:
    said = [f"Boat {number} came home in the year {number + 1000}." for number in range(2000)]
    assert sentences(" ".join(said)) == said
    # A mark that is opened and never closed costs no more than the ends of a few pieces.
    opened = [f"«Boat {number} came home." for number in range(2000)]
    assert 1980 <= len(sentences(" ".join(opened))) <= 2000
