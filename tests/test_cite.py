from dataclasses import replace

import pytest

from embeddings.documents import Box, Document
from embeddings.passages import Passage
from embeddings.sentences import Span
from qa.cite import cite, grouped, near_first
from qa.read import Extract
from qa.retrieve import Hit

TEXT = "Cats sleep. Dogs\nbark loudly. Fish swim."
SPANS = (Span(0, 11), Span(12, 29), Span(30, 40))
DOCUMENT = Document("id-1", "a/animals.txt", "Animals", TEXT, (0, 12))
COPY = Document("id-2", "b.txt", "Copy", "Dogs bark loudly.", ())
FIND = {"id-1": DOCUMENT, "id-2": COPY}.__getitem__


def extract(start: int, end: int, score: float = 1.0) -> Extract:
    hit = Hit(Passage(1, "id-1", 0, 40, TEXT, SPANS), 1.0, 0.5, 2.0)
    return Extract(hit, start, end, score)


def test_a_citation_is_the_exact_sentence_with_the_answer_in_it() -> None:
    (citation,) = cite([extract(22, 28)], FIND, limit=5)
    assert citation.quote == TEXT[citation.start : citation.end] == "Dogs\nbark loudly."
    assert citation.answer == TEXT[citation.answer_start : citation.answer_end] == "loudly"
    assert (citation.number, citation.path, citation.title) == (1, "a/animals.txt", "Animals")
    assert (citation.document, citation.page) == ("id-1", 2)


def test_an_answer_that_runs_over_its_sentence_ends_with_it() -> None:
    (citation,) = cite([extract(22, 34)], FIND, limit=5)
    assert citation.answer == "loudly."


def test_one_citation_for_each_sentence_in_the_order_of_the_extracts() -> None:
    found = cite([extract(30, 34), extract(35, 39), extract(0, 4)], FIND, limit=5)
    assert [(c.number, c.quote) for c in found] == [(1, "Fish swim."), (2, "Cats sleep.")]
    assert len(cite([extract(30, 34), extract(0, 4)], FIND, limit=1)) == 1


def test_a_place_that_is_cited_already_is_not_made_again() -> None:
    places: list[tuple[int, int]] = []

    class Counted(Document):
        def boxes(self, start: int, end: int) -> tuple[Box, ...]:
            places.append((start, end))
            return super().boxes(start, end)

    counted = Counted("id-1", "a/animals.txt", "Animals", TEXT, (0, 12))
    extracts = [extract(30, 34), extract(35, 39), extract(0, 4), extract(30, 39)]
    assert len(cite(extracts, {"id-1": counted}.__getitem__, limit=5)) == 2
    assert places == [(30, 40), (0, 11)]


COPIED = Passage(2, "id-2", 0, 17, COPY.text, (Span(0, 17),))


def test_the_same_sentence_elsewhere_is_another_place_of_the_citation() -> None:
    copy = Extract(Hit(COPIED, 0.9, 0.5, 2.0), 5, 9, 0.5)
    for limit in (5, 1):
        (citation,) = cite([extract(17, 21), extract(17, 27), copy], FIND, limit=limit)
        assert (citation.path, citation.quote) == ("a/animals.txt", "Dogs\nbark loudly.")
        (also,) = citation.also
        assert (also.number, also.path, also.start, also.end) == (1, "b.txt", 0, 17)
        assert (also.quote, also.answer, also.also) == (COPY.text, "bark", ())


def test_the_copies_of_a_passage_are_places_too() -> None:
    hit = replace(extract(0, 1).hit, copies=(COPIED,))
    (citation,) = cite([Extract(hit, 22, 28, 1.0)], FIND, limit=5)
    (also,) = citation.also
    assert (also.path, also.answer_start, also.answer_end) == ("b.txt", 10, 16)
    assert COPY.text[also.answer_start : also.answer_end] == also.answer == "loudly"
    assert cite([Extract(hit, 0, 4, 1.0)], FIND, limit=5)[0].also == ()  # not in the copy


def of(number: int, text: str, answer: str, score: float = 1.0) -> Extract:
    """The answer in a document of this one sentence."""
    hit = Hit(Passage(1, str(number), 0, len(text), text, (Span(0, len(text)),)), 1.0, 1.0, 1.0)
    start = text.index(answer)
    return Extract(hit, start, start + len(answer), score)


def test_only_the_same_words_in_their_order_are_the_same_sentence() -> None:
    texts = [
        "In 2019 the mine’s owner paid Harland - the “last” builder - a fifth more.",
        'In 2019 the Mine\'s owner paid Harland – the "last"\nbuilder – a fifth more.',
        "In 2019 the mine’s owner paid Harland - the “last” builder - a fifth less.",
        "In 2019 Harland paid the mine’s owner - the “last” builder - a fifth more.",
    ]
    documents = {str(n): Document(str(n), f"{n}.txt", "", t, ()) for n, t in enumerate(texts)}
    extracts = [of(number, text, "2019") for number, text in enumerate(texts)]
    found = cite(extracts, documents.__getitem__, limit=5)
    assert [[c.path, *(also.path for also in c.also)] for c in found] == [
        ["0.txt", "1.txt"],
        ["2.txt"],
        ["3.txt"],
    ]
    assert found[0].also[0].quote == texts[1]


def test_the_same_sentence_counts_however_low_it_scores_elsewhere() -> None:
    first, same, other = (
        of(1, "Dogs bark.", "Dogs", 9),
        of(2, "Dogs\nbark.", "bark", 1),
        of(3, "No.", "No", 1),
    )
    near = of(4, "They bark.", "bark", 7)
    assert near_first([first, near, same, other], 3) == [first, near, same]


def test_each_file_of_a_document_is_named() -> None:
    paths = {"id-1": ["new/animals.txt", "old/animals.txt"], "id-2": ["b.txt"]}
    hit = replace(extract(0, 1).hit, copies=(COPIED,))
    (citation,) = cite([Extract(hit, 22, 28, 1.0)], FIND, limit=5, paths=paths.__getitem__)
    assert citation.path == "new/animals.txt"
    assert [(also.path, also.page) for also in citation.also] == [
        ("old/animals.txt", 2),
        ("b.txt", None),
    ]


def test_a_citation_says_what_its_document_says_of_itself() -> None:
    document = replace(DOCUMENT, author="Ada", date="1843", source="https://example.org")
    (citation,) = cite([extract(0, 4)], {"id-1": document}.__getitem__, limit=5)
    assert (citation.author, citation.date, citation.source) == (
        "Ada",
        "1843",
        "https://example.org",
    )


def test_the_same_answer_in_several_places_is_cited_together() -> None:
    text = "Bark, dogs do. Fish swim. The dogs bark."
    passage = Passage(3, "id-3", 100, 140, text, (Span(100, 114), Span(115, 125), Span(126, 140)))
    hit = Hit(passage, 0.5, 0.5, 2.0)
    first, other, same = (
        Extract(hit, 100 + a, 100 + z, 1.0) for a, z in ((6, 10), (15, 19), (30, 34))
    )
    assert grouped([first, other, same]) == [first, same, other]


def test_the_whole_sentence_is_cited_from_a_passage_that_shows_a_part() -> None:
    passage = Passage(1, "id-1", 17, 21, "bark", (Span(12, 29),))
    (citation,) = cite([Extract(Hit(passage, 1.0, 1.0, 1.0), 17, 21, 1.0)], FIND, limit=5)
    assert citation.quote == "Dogs\nbark loudly."


def test_an_extract_outside_every_sentence_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="extract at 11"):
        cite([extract(11, 12)], FIND, limit=5)
