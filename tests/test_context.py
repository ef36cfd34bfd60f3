from pathlib import Path

import numpy as np
import pytest

from embeddings.context import CONTEXT_WEIGHT, InContext, context, encode_in_context
from embeddings.documents import parse_document
from embeddings.indexer import index_folder, open_store
from qa.retrieve import Retriever
from tests.toy import WordEncoder


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a/b.md", "# The Treaty\n\nIt was signed.", "The Treaty"),
        ("1973_oil_crisis.txt", "Prices rose.", "1973 oil crisis"),
        ("Amazon_rainforest/0007.txt", "Trees grow.", "Amazon rainforest"),
        ("Amazon_rainforest/1007.txt", "Trees grow.", "Amazon rainforest"),
        ("2024/budget.txt", "It rose.", "2024 budget"),
        ("16th_Street_Church_0350.txt", "It burnt.", "16th Street Church"),
        ("000_c69afa3c8f6a24bb.txt", "No title here.", ""),
        ("0007.txt", "No title here.", ""),
        ("Oil_crisis.jsonl", '{"text": "Prices rose."}', "Oil crisis"),
        ("条约文件.txt", "No title here.", "条约文件"),
    ],
)
def test_the_context_is_the_title_or_what_the_path_tells(
    path: str, text: str, expected: str
) -> None:
    assert context(parse_document(text.encode(), path)) == expected


def test_a_vector_leans_to_its_context_and_stays_unit() -> None:
    encoder = WordEncoder()
    passage, about = encoder.encode_passages(["it rose", "oil crisis"])
    leaning, plain = encode_in_context(
        encoder, [InContext("it rose", "oil crisis"), InContext("it rose", "")]
    )
    expected = passage + CONTEXT_WEIGHT * about
    assert leaning == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)
    assert plain == pytest.approx(passage, abs=1e-6)


def test_contexts_are_embedded_once_and_cut_to_what_fits() -> None:
    encoder = WordEncoder()
    encode_in_context(encoder, [InContext("one", "oil " * 600), InContext("two", "oil " * 600)])
    assert encoder.embedded == ["one", "two", "oil " * 300]


def test_a_passage_is_found_by_the_name_of_its_document(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "Banana trade.txt").write_text("Prices rose that year.")
    (docs / "Oil crisis.txt").write_text("Prices rose this year.")
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as store:
        index_folder(docs, store, encoder)
        hits = Retriever(store, encoder).retrieve("the crisis", 2)
        found = [store.document(hit.passage.document).path for hit in hits if hit.lexical > 0]
        assert found == ["Oil crisis.txt"]
        hits = Retriever(store, encoder).retrieve("prices in the oil crisis", 2)
        assert store.document(hits[0].passage.document).path == "Oil crisis.txt"
        assert hits[0].dense > hits[1].dense + 0.05
        store.remove("Oil crisis.txt")
        assert store.matching("crisis", 5) == []
