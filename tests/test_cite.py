import pytest

from embeddings.documents import Document
from embeddings.passages import Passage
from embeddings.sentences import Span
from qa.cite import cite, grouped
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


def test_the_same_sentence_elsewhere_is_not_cited_again() -> None:
    passage = Passage(2, "id-2", 0, 17, COPY.text, (Span(0, 17),))
    copy = Extract(Hit(passage, 0.9, 0.5, 2.0), 5, 9, 0.5)
    assert len(cite([extract(17, 21), copy], FIND, limit=5)) == 1


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
