from pathlib import Path

import pytest

from embeddings.indexer import index_folder, open_store
from qa.bot import Bot
from qa.retrieve import Retriever, fuse
from tests.toy import WordEncoder


def test_fusing_weighs_both_sides_as_shares_of_the_best() -> None:
    assert fuse([0.2, 0.5, 0.4], [0.0, 5.0, 10.0]) == pytest.approx([0.24, 0.8, 0.88])


def test_fusing_without_words_or_without_likeness_goes_by_the_other_side() -> None:
    assert fuse([0.5, 0.25], [0.0, 0.0]) == pytest.approx([0.6, 0.3])
    assert fuse([-0.1, -0.2], [1.0, 2.0]) == pytest.approx([0.2, 0.4])
    assert fuse([], []) == []


def test_hits_carry_both_scores_best_first(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("cats sleep", "dogs bark", "cats and dogs fight", "fish swim"):
        (docs / f"{name}.txt").write_text(f"{name}.")
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as store:
        index_folder(docs, store, encoder)
        hits = Retriever(store, encoder).retrieve("dogs bark", 3)
    assert [hit.passage.text for hit in hits[:2]] == ["dogs bark.", "cats and dogs fight."]
    assert [hit.score for hit in hits] == sorted((h.score for h in hits), reverse=True)
    assert hits[0].score == pytest.approx(1.0)
    assert hits[0].dense == pytest.approx(1.0, abs=0.01)
    assert hits[0].lexical > hits[1].lexical > hits[2].lexical == 0.0


def test_the_passage_with_the_answer_is_found_by_other_words(bot: Bot) -> None:
    hits = bot.search("Which organisations arranged the youth conference?", 3)
    assert any("co-hosted by the Aspen Institute" in hit.passage.text for hit in hits)
