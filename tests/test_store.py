import random
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from embeddings.context import InContext
from embeddings.documents import Document
from embeddings.errors import StoreError
from embeddings.passages import Window
from embeddings.runtime import Floats
from embeddings.sentences import Span
from embeddings.store import BLOCK, Known, Listing, Settings, Stamp, Store
from embeddings.terms import match_terms, rarity

SETTINGS = Settings("toy@1", 4, "pincite_16k", 160, 40)
TEXT = "Cats sleep. Dogs bark."
WINDOWS = [Window(0, 11, (Span(0, 11),)), Window(12, 22, (Span(12, 22),))]
CATS = Document("id-cats", "cats.txt", "Cats", TEXT, ())


def unit(*numbers: float) -> Floats:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


VECTORS = np.stack([unit(1, 0, 0, 0), unit(1, 1, 0, 0)])


def store_with_cats(folder: Path) -> Store:
    store = Store.open(folder, SETTINGS)
    store.add(CATS, WINDOWS, VECTORS)
    return store


def test_what_was_added_comes_back_after_reopening(tmp_path: Path) -> None:
    store_with_cats(tmp_path).close()
    with Store.open(tmp_path, SETTINGS) as store:
        assert store.document("id-cats") == CATS
        assert store.files() == {"cats.txt": "id-cats"}
        assert store.listings() == [Listing("cats.txt", "id-cats", "Cats", 2)]
        first, second = store.passages_of("id-cats")
        assert (first.text, second.text) == ("Cats sleep.", "Dogs bark.")
        assert second.sentences == (Span(12, 22),)
        assert store.passages([second.id, 99, first.id]) == [second, first]
        assert len(store) == 2


def test_nearest_agrees_with_brute_force(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(300, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors.astype(np.float16).astype(np.float32)
    windows = [Window(i, i + 1, (Span(i, i + 1),)) for i in range(300)]
    with Store.open(tmp_path, SETTINGS) as store:
        store.add(Document("d", "d.txt", "D", "x" * 300, ()), windows, vectors)
        question = unit(0.3, -0.2, 0.5, 0.1)
        found = store.nearest(question, 10)
        order = np.argsort(-(vectors @ question))[:10]
        assert [store.passages([i])[0].start for i, _ in found] == order.tolist()
        assert [s for _, s in found] == pytest.approx((vectors @ question)[order].tolist())
        assert store.similarities(question, [i for i, _ in found]) == pytest.approx(
            [s for _, s in found]
        )


def test_with_its_own_weights_a_store_matches_as_it_does(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        for number, text in enumerate(["Cats and dogs bark.", "A cat. A dog. A fish.", "Fish."]):
            windows = [Window(0, len(text), (Span(0, len(text)),))]
            store.add(Document(text, f"{number}.txt", f"T{number}", text, ()), windows, VECTORS[:1])
        question = "Which dogs bark at cats and fish?"
        terms = match_terms(question)
        assert store.term_counts(terms) == [3, 2, 4, 2, 2]
        weights = dict(zip(terms, (rarity(5, n) for n in (3, 2, 4, 2, 2)), strict=True))
        plain = store.matching(question, 9)
        assert [i for i, _ in store.matching_as_among(weights, 9)] == [i for i, _ in plain]
        assert dict(store.matching_as_among(weights, 9)) == pytest.approx(dict(plain))
        (best,) = store.matching_as_among(weights, 1)
        assert store.matching_as_among(weights, 1, also=[plain[-1][0], 99]) == [
            best,
            pytest.approx(plain[-1]),
        ]
        only = store.matching_as_among(weights, 9, among=[plain[1][0]])
        assert only == [pytest.approx(plain[1])]
        twice = {term: 2 * weight for term, weight in weights.items()}
        doubled = {i: 2 * score for i, score in plain}
        assert dict(store.matching_as_among(twice, 9)) == pytest.approx(doubled)


def test_words_match_by_stem_and_rare_words_count_more(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        ((passage, score),) = store.matching("Do dogs like barking?", 10)
        assert store.passages([passage])[0].text == "Dogs bark."
        assert score > 0
        assert store.matching("what is the?", 10) == []
        assert store.matching('")(* NEAR AND " OR', 10) == []


def test_an_empty_store_finds_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path, SETTINGS) as store:
        assert store.nearest(unit(1, 0, 0, 0), 5) == []
        assert store.matching("cats", 5) == []


def test_a_removed_document_is_gone_from_every_search(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        assert store.nearest(unit(1, 0, 0, 0), 5)
        store.remove("cats.txt")
        assert store.nearest(unit(1, 0, 0, 0), 5) == []
        assert store.matching("cats dogs", 5) == []
        assert store.files() == {}
        with pytest.raises(KeyError):
            store.document("id-cats")


def test_what_sqlite_moved_before_it_was_deleted_is_purged_too(tmp_path: Path) -> None:
    chosen = random.Random(4)  # one with which it does move some
    here: dict[str, bytes] = {}
    gone: list[bytes] = []
    with Store.open(tmp_path, SETTINGS) as store:
        for number in range(160):
            word = f"{chosen.getrandbits(64):016x}"
            text = f"{word} " * chosen.choice([1, 20, 100])
            path = f"{number}.txt"
            windows = [Window(0, len(text), (Span(0, len(text)),))]
            store.add(Document(path, path, "", text, ()), windows, VECTORS[:1])
            here[path] = word.encode()
            if number % 40 == 39:
                for path in chosen.sample(sorted(here), len(here) // 2):
                    store.remove(path)
                    gone.append(here.pop(path))
                store.purge()
                data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
                assert [word for word in gone if word in data] == []
                assert all(word in data for word in here.values())


def test_an_index_of_an_earlier_version_is_to_be_purged(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        assert store.is_purged()
        with store.database.writing() as db:
            db.execute("DELETE FROM meta WHERE name = 'purged'")  # it did not say
    with Store.open(tmp_path, SETTINGS) as store:
        assert not store.is_purged()
        store.purge()
        assert store.is_purged()


def test_a_changed_file_replaces_its_document(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        new = Document("id-new", "cats.txt", "Cats", "Fish swim.", ())
        store.add(new, [Window(0, 10, (Span(0, 10),))], VECTORS[:1])
        assert store.files() == {"cats.txt": "id-new"}
        assert store.matching("dogs", 5) == []
        assert len(store) == 1


def test_a_document_stays_as_long_as_one_file_names_it(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        store.link("a-copy.txt", "id-cats")
        assert store.document("id-cats").path == "a-copy.txt"
        store.remove("a-copy.txt")
        assert store.document("id-cats").path == "cats.txt"
        assert len(store) == 2


def test_the_vectors_file_is_made_again_when_missing_or_damaged(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        store.warm()
        before = store.nearest(unit(1, 0, 0, 0), 2)
    (path,) = tmp_path.glob("vectors-*.faiss")
    path.write_bytes(b"rubbish")
    with Store.open(tmp_path, SETTINGS) as store:
        assert store.nearest(unit(1, 0, 0, 0), 2) == before
    path.unlink()
    with Store.open(tmp_path, SETTINGS) as store:
        assert store.nearest(unit(1, 0, 0, 0), 2) == before
        store.warm()
    assert path.is_file()


def test_a_reader_sees_what_another_writes(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as reader, Store.open(tmp_path, SETTINGS) as writer:
        assert len(reader.nearest(unit(1, 0, 0, 0), 5)) == 2
        writer.remove("cats.txt")
        assert reader.nearest(unit(1, 0, 0, 0), 5) == []


def test_threads_may_search_at_once(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda: found.append(len(store.nearest(unit(1, 0, 0, 0), 2))))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [2] * 8


def test_another_model_is_refused_with_both_names(tmp_path: Path) -> None:
    store_with_cats(tmp_path).close()
    other = Settings("other@2", 4, "pincite_16k", 160, 40)
    with pytest.raises(StoreError, match=r"made with model toy@1, and other@2.*--rebuild"):
        Store.open(tmp_path, other)
    Store.open(tmp_path, SETTINGS).close()


def test_another_format_is_refused(tmp_path: Path) -> None:
    store_with_cats(tmp_path).close()
    with sqlite3.connect(tmp_path / "index.sqlite") as db:
        db.execute("UPDATE meta SET value = '0' WHERE name = 'format'")
    db.close()
    with pytest.raises(StoreError, match=r"has format 0, .* reads format 4.*--rebuild"):
        Store.open(tmp_path, SETTINGS)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"not a database, but long enough to be read" * 50)
    with pytest.raises(StoreError, match="damaged"):
        Store.open(tmp_path, SETTINGS)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="--index"):
        Store.open(tmp_path / "file" / "index", SETTINGS)


def test_vectors_of_the_wrong_shape_are_refused_with_both_shapes(tmp_path: Path) -> None:
    with (
        Store.open(tmp_path, SETTINGS) as store,
        pytest.raises(ValueError, match=r"\(2, 3\), expected \(2, 4\)"),
    ):
        store.add(CATS, WINDOWS, np.zeros((2, 3), np.float32))


def made_store(folder: Path, count: int) -> tuple[Store, Floats]:
    """A store of `count` one-passage documents, and the vectors as it keeps them."""
    random = np.random.default_rng(1)
    vectors = random.normal(size=(count, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store = Store.open(folder, SETTINGS)
    for i, vector in enumerate(vectors):
        document = Document(f"id-{i}", f"{i}.txt", "", f"word{i}", ())
        store.add(document, [Window(0, 5, (Span(0, 5),))], vector[None, :])
    return store, vectors.astype(np.float16).astype(np.float32)


def found_numbers(store: Store, question: Floats, k: int) -> list[int]:
    passages = store.passages([i for i, _ in store.nearest(question, k)])
    return [int(passage.document.removeprefix("id-")) for passage in passages]


def test_vectors_follow_each_change_as_brute_force_does(tmp_path: Path) -> None:
    store, vectors = made_store(tmp_path, 60)
    question = unit(0.4, 0.1, -0.7, 0.2)
    order = [int(i) for i in np.argsort(-(vectors @ question))]
    with store:
        assert found_numbers(store, question, 60) == order
        store.warm()
        gone = order[:3]
        for i in gone:
            store.remove(f"{i}.txt")
        assert found_numbers(store, question, 10) == order[3:13]
        back = Document(f"id-{gone[1]}", "back.txt", "", "word", ())
        store.add(back, [Window(0, 4, (Span(0, 4),))], vectors[gone[1]][None, :])
        assert found_numbers(store, question, 2) == [gone[1], order[3]]
    with Store.open(tmp_path, SETTINGS) as again:
        assert found_numbers(again, question, 2) == [gone[1], order[3]]


def test_a_small_change_leaves_the_vectors_file_and_is_followed_at_opening(tmp_path: Path) -> None:
    store, vectors = made_store(tmp_path, 120)
    with store:
        store.warm()
        (path,) = tmp_path.glob("vectors-*.faiss")
        written = path.stat().st_mtime_ns
        nearest = found_numbers(store, vectors[7], 1)
        store.remove("7.txt")
        store.warm()
        assert (nearest, path.stat().st_mtime_ns) == ([7], written)
    with Store.open(tmp_path, SETTINGS) as again:
        rest = [i for i in np.argsort(-(vectors @ vectors[7])) if i != 7]
        assert found_numbers(again, vectors[7], 3) == rest[:3]
        for i in range(20, 24):
            again.remove(f"{i}.txt")
        again.warm()
        assert path.stat().st_mtime_ns > written


def test_the_vectors_of_an_index_that_stood_here_are_not_taken(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        store.warm()
    for path in tmp_path.glob("index.sqlite*"):
        path.unlink()
    with Store.open(tmp_path, SETTINGS) as store:
        store.add(CATS, WINDOWS, VECTORS[::-1])
        assert [round(s, 3) for _, s in store.nearest(unit(1, 1, 0, 0), 5)] == [1.0, 0.707]
        assert store.nearest(unit(1, 1, 0, 0), 1)[0][0] == store.passages_of("id-cats")[0].id


def test_numbers_of_passages_are_never_used_again(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        before = {passage.id for passage in store.passages_of("id-cats")}
        store.remove("cats.txt")
        store.add(CATS, WINDOWS, VECTORS)
        assert min(passage.id for passage in store.passages_of("id-cats")) > max(before)


def test_a_passage_across_blocks_is_read_exactly(tmp_path: Path) -> None:
    text = "".join(chr(ord("α") + i % 24) for i in range(3 * BLOCK + 10))
    places = [(0, 4), (BLOCK - 2, BLOCK + 3), (BLOCK, 2 * BLOCK), (10, 3 * BLOCK + 10)]
    windows = [Window(start, end, (Span(start, end),)) for start, end in places]
    vectors = np.tile(unit(1, 0, 0, 0), (4, 1))
    with Store.open(tmp_path, SETTINGS) as store:
        store.add(Document("long", "long.txt", "Long", text, ()), windows, vectors)
        assert store.document("long").text == text
        ids = [passage.id for passage in store.passages_of("long")]
        for passages in (store.passages_of("long"), store.passages(ids)):
            assert [p.text for p in passages] == [text[start:end] for start, end in places]
        store.remove("long.txt")
        with store.database.reading() as db:
            assert db.execute("SELECT count(*) FROM texts").fetchone() == (0,)


def test_a_snapshot_is_not_disturbed_by_a_writer(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as reader, Store.open(tmp_path, SETTINGS) as writer:
        with reader.snapshot():
            assert reader.files() == {"cats.txt": "id-cats"}
            writer.remove("cats.txt")
            assert len(reader.nearest(unit(1, 0, 0, 0), 5)) == 2
            assert len(reader.matching("cats dogs", 5)) == 2
            assert reader.document("id-cats") == CATS
        assert reader.files() == {}
        assert reader.nearest(unit(1, 0, 0, 0), 5) == []


def test_an_index_that_was_made_anew_elsewhere_is_not_mixed_with_the_old(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        for path in tmp_path.glob("index.sqlite*"):
            path.unlink()
        with pytest.raises(StoreError, match=r"removed or made anew.*open it again"):
            store.files()
        Store.open(tmp_path, SETTINGS).close()
        with pytest.raises(StoreError, match="open it again"):
            store.nearest(unit(1, 0, 0, 0), 1)


def test_a_snapshot_older_than_the_vectors_file_finds_its_own(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as reader, Store.open(tmp_path, SETTINGS) as writer:
        with reader.snapshot():
            own = {passage.id for passage in reader.passages_of("id-cats")}
            writer.remove("cats.txt")
            writer.add(Document("id-new", "new.txt", "", TEXT, ()), WINDOWS, VECTORS)
            writer.warm()
            assert {i for i, _ in reader.nearest(unit(1, 0, 0, 0), 5)} == own
        new = {passage.id for passage in reader.passages_of("id-new")}
        assert {i for i, _ in reader.nearest(unit(1, 0, 0, 0), 5)} == new


def test_a_file_without_a_document_is_known_with_its_reason(tmp_path: Path) -> None:
    with store_with_cats(tmp_path) as store:
        store.refuse("bad.pdf", "no text in it", Stamp(7, 5))
        store.refuse("cats.txt", "a picture", Stamp(8, 6))
        assert store.known() == {
            "bad.pdf": Known(None, "no text in it", Stamp(7, 5)),
            "cats.txt": Known(None, "a picture", Stamp(8, 6)),
        }
        assert (store.files(), len(store), store.matching("cats", 5)) == ({}, 0, [])
        store.add(CATS, WINDOWS, VECTORS, Stamp(9, 7))
        store.restamp({"cats.txt": Stamp(9, 8)})
        assert store.known()["cats.txt"] == Known("id-cats", None, Stamp(9, 8))


def test_drafts_are_kept_until_they_are_dropped(tmp_path: Path) -> None:
    one, two, elsewhere = InContext("one", "a"), InContext("two", "a"), InContext("one", "b")
    with store_with_cats(tmp_path) as store:
        store.keep_drafts([one, two], VECTORS.astype(np.float16))
    with Store.open(tmp_path, SETTINGS) as store:
        found = {part: vector.tolist() for part, vector in store.drafts([elsewhere, two]).items()}
        assert found == {two: VECTORS[1].astype(np.float16).tolist()}
        store.drop_drafts([two, elsewhere])
        assert list(store.drafts([one, two])) == [one]
        store.drop_drafts()
        assert store.drafts([one]) == {}
