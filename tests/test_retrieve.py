from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings.indexer import index_folder, open_store
from embeddings.store import Store
from qa.bot import Bot
from qa.retrieve import Background, Retriever, fuse
from qa.within import Filter
from tests.toy import WordEncoder


def test_fusing_weighs_both_sides_as_shares_of_the_best() -> None:
    assert fuse([0.2, 0.5, 0.4], [0.0, 5.0, 10.0]) == pytest.approx([0.248, 0.81, 0.876])


def test_fusing_without_words_or_without_likeness_goes_by_the_other_side() -> None:
    assert fuse([0.5, 0.25], [0.0, 0.0]) == pytest.approx([0.62, 0.31])
    assert fuse([-0.1, -0.2], [1.0, 2.0]) == pytest.approx([0.19, 0.38])
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


WORDS = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"]


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[tuple[Store, WordEncoder]]:
    """Sixty documents of a few words each, every third of them in "some/"."""
    docs = tmp_path / "docs"
    for i in range(60):
        folder = docs / ("some" if i % 3 == 0 else "rest")
        folder.mkdir(parents=True, exist_ok=True)
        text = " ".join(WORDS[j] for j in (i % 8, i * 5 % 7, i * 3 % 8, i // 8))
        (folder / f"{i:04}.txt").write_text(f"{text} {i}.")
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as store:
        index_folder(docs, store, encoder)
        yield store, encoder


def test_a_filter_finds_what_a_scan_of_those_passages_finds(
    letters: tuple[Store, WordEncoder],
) -> None:
    store, encoder = letters
    inside = store.passage_ids(i for path, i in store.files().items() if path.startswith("some/"))
    assert len(inside) == 20
    vector = encoder.encode_question("cat dog")
    everything = store.nearest(vector, 60)
    assert len(everything) == 60
    allowed = [pair for pair in everything if pair[0] in inside]
    assert store.nearest(vector, 20, inside) == allowed
    assert [s for _, s in store.nearest(vector, 7, inside)] == [s for _, s in allowed[:7]]
    words = store.matching("cat dog", 60)
    assert 10 < len(words) < 60
    assert store.matching("cat dog", 4, among=inside) == [p for p in words if p[0] in inside][:4]
    hits = Retriever(store, encoder).retrieve("cat dog", 30, Filter(("some/*",)))
    assert sorted(hit.passage.id for hit in hits) == inside
    assert Retriever(store, encoder).retrieve("cat dog", 60, Filter(("*",))) == Retriever(
        store, encoder
    ).retrieve("cat dog", 60)


def test_both_sides_score_what_only_one_has_found(letters: tuple[Store, WordEncoder]) -> None:
    store, _ = letters
    words = store.matching("cat dog", 60)
    also = [words[-1][0], words[-2][0]]
    assert store.matching("cat dog", 3, also=also) == words[:3] + words[-2:]


def test_a_background_moves_its_documents_up_and_leaves_the_best_as_sure(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for name, text in (("a", "Cats sleep."), ("b", "Dogs bark.\n\nDogs sleep too.")):
        (docs / f"{name}.txt").write_text(text)
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as store:
        index_folder(docs, store, encoder)
        retriever = Retriever(store, encoder)

        def found(background: Background) -> list[tuple[str, float]]:
            hits = retriever.retrieve("Who sleep?", 5, background=background)
            return [(store.document(hit.passage.document).path, hit.score) for hit in hits]

        plain = found(Background("dogs bark", 0.0))
        assert [path for path, _ in plain] == ["a.txt", "b.txt"]
        moved = found(Background("dogs bark", 0.5))
        assert [path for path, _ in moved] == ["b.txt", "a.txt"]
        assert moved[0][1] == pytest.approx(plain[0][1])
        # Of the background's share, b has 1 and a nothing but the toy encoder's background noise.
        assert moved[1][1] / moved[0][1] == pytest.approx(
            (plain[0][1] + 0.0) / (plain[1][1] + 1.0), abs=0.01
        )
        assert found(Background("", 0.5)) == plain
        quoted = retriever.retrieve(
            'Who "sleep"?', 5, Filter(("a.txt",)), Background("dogs bark", 0.5)
        )
        assert [hit.passage.text for hit in quoted] == ["Cats sleep."]


def test_a_quoted_phrase_must_stand_in_the_passage(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    texts = [
        "Cats chase red\nmice daily.",
        "The red mouse chases cats.",
        "Mice and red cats chase.",
    ]
    for i, text in enumerate(texts):
        (docs / f"{i}.txt").write_text(text)
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as store:
        index_folder(docs, store, encoder)
        retriever = Retriever(store, encoder)

        def found(question: str) -> list[str]:
            return [hit.passage.text for hit in retriever.retrieve(question, 5)]

        assert sorted(found("Who chases red mice?")) == sorted(texts)
        assert found('Who chases "Red mice"?') == [texts[0]]
        assert found("Who chases “red mouse”?") == [texts[1]]
        assert sorted(found('Who has "cats" in it?')) == sorted(texts)
        assert found('What of "red mice" and "cats chase"?') == [texts[0]]
        assert found('Who chases "red dogs"?') == []
        assert retriever.retrieve('Who chases "red mice"?', 5, Filter(("1.txt",))) == []


def test_the_passage_with_the_answer_is_found_by_other_words(bot: Bot) -> None:
    hits = bot.search("Which organisations arranged the youth conference?", 3)
    assert any("co-hosted by the Aspen Institute" in hit.passage.text for hit in hits)


def test_two_stores_are_found_in_as_if_they_were_one(tmp_path: Path) -> None:
    texts = {"a": "cats sleep", "b": "dogs bark", "c": "cats and dogs fight", "d": "fish swim"}
    texts |= {name: f"{name} sings a song" for name in "efghijkl"}
    encoder = WordEncoder()
    stores = []
    for names in ("abcdefghijkl", "acefghijkl", "bd"):
        docs = tmp_path / names
        docs.mkdir()
        for name in names:
            (docs / f"{name}.txt").write_text(f"{texts[name]}.")
        stores.append(open_store(docs / ".pincite", encoder))
        index_folder(docs, stores[-1], encoder)
    whole, first, second = stores
    try:
        for question in ("which fish swim", "dogs that fight", "who sings", "cats"):
            one = Retriever(whole, encoder).retrieve(question, 12)
            two = Retriever(first, encoder, [second]).retrieve(question, 12)
            scores = {hit.passage.text: (hit.score, hit.dense, hit.lexical) for hit in one}
            assert two[0].passage.text == one[0].passage.text
            assert len(two) == len(scores) == 12
            for hit in two:
                score, dense, lexical = scores[hit.passage.text]
                assert (hit.score, hit.dense) == pytest.approx((score, dense), abs=0.06)
                # Apart from how long the texts around it are, which BM25 counts in too.
                assert hit.lexical == pytest.approx(lexical, rel=0.25)
        among = Filter(("a.txt", "b.txt"))
        within = Retriever(first, encoder, [second]).retrieve("fish", 4, among)
        assert {hit.passage.text for hit in within} == {"cats sleep.", "dogs bark."}
    finally:
        for store in stores:
            store.close()


def test_copies_of_one_text_take_one_place(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    body = (
        "The old lighthouse at the end of the quay was built by the town in the year 1812. "
        "Ships from all over the world have used its light to find the harbour ever since then. "
        "It was lit with whale oil at first, and a keeper lived beside it with his family."
    )
    for paper in range(12):
        (docs / f"{paper:02}.txt").write_text(f"From paper {paper}.\n\n{body}")
    (docs / "other.txt").write_text("The lighthouse of another harbour was built in 1902.")
    encoder = WordEncoder()
    with open_store(tmp_path / "index", encoder) as store:
        index_folder(docs, store, encoder)
        first, second = Retriever(store, encoder).retrieve("When was the lighthouse built?", 2)
        paths = [store.document(hit.passage.document).path for hit in (first, second)]
        assert "other.txt" in paths
        copied = first if paths[1] == "other.txt" else second
        copies = [store.document(passage.document).path for passage in copied.copies]
        assert sorted([*paths, *copies]) == sorted(path.name for path in docs.iterdir())
