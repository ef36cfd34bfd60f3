from embeddings.passages import Passage
from embeddings.sentences import Span
from qa.copies import holding, moved, unlike


def passage(number: int, document: str, *sentences: str) -> Passage:
    text, spans = " ".join(sentences), []
    for sentence in sentences:
        start = text.index(sentence)
        spans.append(Span(start, start + len(sentence)))
    return Passage(number, document, 0, len(text), text, tuple(spans))


CATS = ("Cats sleep all day long.", "They hunt at night.")
ONE = passage(1, "one", *CATS)
COPY = passage(2, "two", "CATS  sleep all\nday long.", "They hunt at night.")
NEWS = passage(3, "three", *CATS, "Dogs bark.")
SAME = passage(4, "one", *CATS)


def test_a_passage_that_brings_nothing_new_is_a_copy() -> None:
    assert unlike([ONE, COPY, NEWS], 10) == [(ONE, (COPY,)), (NEWS, ())]


def test_passages_of_one_document_are_no_copies_of_each_other() -> None:
    assert unlike([ONE, SAME], 10) == [(ONE, ()), (SAME, ())]


def test_what_several_better_ones_say_together_is_no_news() -> None:
    parts = [passage(5, "five", CATS[0]), passage(6, "six", CATS[1])]
    assert unlike([*parts, ONE], 10) == [(parts[0], (ONE,)), (parts[1], (ONE,))]


def test_the_places_of_copies_go_to_others() -> None:
    assert [p.id for p, _ in unlike([ONE, COPY, NEWS, SAME], 2)] == [1, 3]


def test_a_place_is_the_same_words_in_other_white_space_and_case() -> None:
    text, to = "Cats sleep all day.", "CATS\n sleep  all day."
    start, end = moved(5, 14, text, to)
    assert (text[5:14], to[start:end]) == ("sleep all", "sleep  all")
    assert moved(0, 19, text, to) == (0, len(to))
    assert moved(0, 3, "daß", "DASS") == (0, 4)  # not to be told


def test_a_sentence_is_found_where_it_stands_whole() -> None:
    part = Passage(7, "seven", 5, 24, CATS[0][5:], (Span(0, 24),))
    assert [(p.id, s) for p, s, _ in holding([COPY, part], CATS[0])] == [(2, Span(0, 25))]
