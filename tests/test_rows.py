import math

import pytest

from embeddings.passages import Passage
from embeddings.sentences import ROW_END, split_sentences
from qa.retrieve import Hit
from qa.rows import lacking
from qa.span import SpanReader


def table(*rows: str, document: str = "d") -> Passage:
    text = f"{ROW_END}\n".join(rows)
    return Passage(1, document, 0, len(text), text, tuple(split_sentences(text)))


WAGES = table(
    "Name: Lasse Duarte; Trade: Sailmaker; Wage: 1,250.",
    "Name: Hedda Ilves; Trade: Cooper, also guard; Wage: 980.",
    "Name: Bruno Ilves; Trade: Cooper; Wage: 760.",
)


def shares(question: str, *passages: Passage) -> list[float]:
    found = lacking(question, passages)
    return [found.get((p.document, row), 0.0) for p in passages for row in p.sentences]


def test_a_row_lacks_what_is_named_in_another_row() -> None:
    assert shares("What is the wage of Lasse?", WAGES) == [0, 1, 1]
    # Two of three rows have "Ilves", one has "Hedda": the rarer word weighs more.
    ilves, hedda = math.log(3 / 2), math.log(3)
    assert shares("What does Hedda Ilves earn?", WAGES) == pytest.approx(
        [1, 0, hedda / (hedda + ilves)]
    )


def test_what_all_rows_or_none_have_tells_nothing() -> None:
    assert shares("What is the wage of Ada?", WAGES) == [0, 0, 0]


def test_prose_and_other_documents_are_left_alone() -> None:
    prose = "Lasse mends sails. Hedda makes barrels."
    passage = Passage(2, "d", 0, len(prose), prose, tuple(split_sentences(prose)))
    other = table("Name: Lasse; Age: 40.", "Name: Lasse; Age: 50.", document="e")
    assert shares("What is the wage of Lasse?", WAGES, passage, other) == [0, 1, 1, 0, 0, 0, 0]


def test_the_reader_takes_the_row_that_the_question_names() -> None:
    hit = Hit(WAGES, 1.0, 0.5, 2.0)
    best = SpanReader().read("What is the wage of Hedda Ilves?", [hit])[0]
    assert WAGES.text[best.start : best.end] == "980"
