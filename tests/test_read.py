from embeddings.passages import Passage
from embeddings.sentences import Span
from qa.read import Extract, SentenceReader, agreed
from qa.retrieve import Hit
from tests.toy import WordEncoder

TEXT = "Cats sleep. Dogs bark. Fish swim far."
SPANS = (Span(0, 11), Span(12, 22), Span(23, 37))
READER = SentenceReader(WordEncoder())


def test_every_sentence_is_an_extract_the_nearest_first() -> None:
    hit = Hit(Passage(1, "d", 0, 37, TEXT, SPANS), 1.0, 0.5, 2.0)
    found = READER.read("why do dogs bark", [hit])
    assert sorted((e.start, e.end) for e in found) == [(0, 11), (12, 22), (23, 37)]
    assert (found[0].start, found[0].end) == (12, 22)
    assert found[0].score > found[1].score >= found[2].score


def test_a_sentence_in_two_passages_is_one_extract_of_the_better_passage() -> None:
    first = Hit(Passage(1, "d", 0, 22, TEXT[:22], SPANS[:2]), 1.0, 0.5, 2.0)
    second = Hit(Passage(2, "d", 12, 37, TEXT[12:], SPANS[1:]), 0.8, 0.4, 1.0)
    found = READER.read("why do dogs bark", [first, second])
    assert len(found) == 3
    assert found[0].hit is first


def test_of_a_sentence_shown_in_part_the_part_is_read() -> None:
    part = Hit(Passage(1, "d", 28, 32, "swim", (Span(23, 37),)), 1.0, 0.5, 2.0)
    (extract,) = READER.read("swim", [part])
    assert (extract.start, extract.end) == (28, 32)


def test_no_passages_give_no_extracts() -> None:
    assert READER.read("anything", []) == []


def test_two_readings_agree_on_the_mean_of_their_scores() -> None:
    better = Hit(Passage(1, "d", 0, 37, TEXT, SPANS), 1.0, 0.5, 2.0)
    worse = Hit(Passage(2, "d", 12, 37, TEXT[12:], SPANS[1:]), 0.5, 0.4, 1.0)
    cats, bark, swim = (0, 4), (17, 21), (28, 32)
    first = [Extract(better, *cats, 4.0), Extract(better, *bark, 3.0), Extract(worse, *swim, 1.0)]
    second = [Extract(worse, *swim, 6.0), Extract(worse, 12, 16, 2.0)]
    by_score = [Extract(worse, *swim, 3.5), Extract(better, *bark, 2.5)]
    assert agreed(first, second, 0.0) == by_score
    assert agreed(first, second, 4.0) == by_score[::-1]  # 3.5 + 2 and 2.5 + 4
    assert agreed(first, [], 1.0) == []
