import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from embeddings.documents import Document
from embeddings.errors import StoreError
from embeddings.passages import Window
from embeddings.runtime import Floats
from embeddings.sentences import Span
from embeddings.store import Listing, Settings, Store

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
        before = store.nearest(unit(1, 0, 0, 0), 2)
    (path,) = tmp_path.glob("vectors-*.faiss")
    path.write_bytes(b"rubbish")
    with Store.open(tmp_path, SETTINGS) as store:
        assert store.nearest(unit(1, 0, 0, 0), 2) == before
    path.unlink()
    with Store.open(tmp_path, SETTINGS) as store:
        assert store.nearest(unit(1, 0, 0, 0), 2) == before
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
    with pytest.raises(StoreError, match=r"has format 0, .* reads format 2.*--rebuild"):
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
