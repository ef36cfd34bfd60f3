import os
from pathlib import Path

import pytest

from embeddings.errors import DocumentError, StoreError
from embeddings.indexer import Progress, default_index, index_folder, open_store, remove_index
from embeddings.store import Store
from tests.toy import WordEncoder


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "cats.txt").write_text("Cats sleep all day. They hunt at night.")
    (folder / "sub" / "dogs.md").write_text("# Dogs\n\nDogs bark.")
    return folder


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def store(tmp_path: Path, encoder: WordEncoder) -> Store:
    return open_store(tmp_path / "index", encoder)


def test_a_second_run_embeds_nothing(docs: Path, store: Store, encoder: WordEncoder) -> None:
    first = index_folder(docs, store, encoder)
    assert (first.added, first.embedded) == (["cats.txt", "sub/dogs.md"], 2)
    encoder.embedded.clear()
    second = index_folder(docs, store, encoder)
    assert (second.unchanged, second.embedded) == (["cats.txt", "sub/dogs.md"], 0)
    assert encoder.embedded == []


def test_a_changed_file_is_read_alone(docs: Path, store: Store, encoder: WordEncoder) -> None:
    index_folder(docs, store, encoder)
    encoder.embedded.clear()
    (docs / "cats.txt").write_text("Cats purr.")
    report = index_folder(docs, store, encoder)
    assert (report.changed, report.unchanged) == (["cats.txt"], ["sub/dogs.md"])
    assert encoder.embedded == ["Cats purr.", "cats"]
    assert store.matching("sleep", 5) == []


def test_a_removed_file_is_gone(docs: Path, store: Store, encoder: WordEncoder) -> None:
    index_folder(docs, store, encoder)
    (docs / "cats.txt").unlink()
    assert index_folder(docs, store, encoder).removed == ["cats.txt"]
    assert list(store.files()) == ["sub/dogs.md"]
    assert store.matching("cats", 5) == []


def test_a_renamed_file_is_not_embedded_again(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    index_folder(docs, store, encoder)
    encoder.embedded.clear()
    (docs / "cats.txt").rename(docs / "felines.txt")
    report = index_folder(docs, store, encoder)
    assert (report.added, report.removed) == (["felines.txt"], ["cats.txt"])
    assert encoder.embedded == []
    assert store.listings()[0].path == "felines.txt"


def test_a_bad_file_is_named_and_the_rest_goes_on(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    (docs / "bad.pdf").write_bytes(b"%PDF-1.4 rubbish")
    report = index_folder(docs, store, encoder)
    assert report.added == ["cats.txt", "sub/dogs.md"]
    assert [skip.path for skip in report.skipped] == ["bad.pdf"]
    assert "bad.pdf" in report.skipped[0].reason


def test_a_file_that_went_bad_leaves_the_index(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    index_folder(docs, store, encoder)
    (docs / "cats.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    report = index_folder(docs, store, encoder)
    assert [skip.path for skip in report.skipped] == ["cats.txt"]
    assert report.removed == []
    assert list(store.files()) == ["sub/dogs.md"]


def test_an_emptied_folder_is_an_error_and_changes_nothing(
    docs: Path, store: Store, encoder: WordEncoder, tmp_path: Path
) -> None:
    index_folder(docs, store, encoder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match=r"no documents in .*\.pdf"):
        index_folder(tmp_path / "empty", store, encoder)
    with pytest.raises(DocumentError, match="nowhere"):
        index_folder(tmp_path / "nowhere", store, encoder)
    assert len(store.files()) == 2


def test_a_folder_of_bad_files_alone_is_an_error(
    tmp_path: Path, store: Store, encoder: WordEncoder
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.pdf").write_bytes(b"rubbish")
    with pytest.raises(DocumentError, match=r"None of the 1 documents .*a\.pdf"):
        index_folder(tmp_path / "bad", store, encoder)


def test_progress_ends_at_the_total(docs: Path, store: Store, encoder: WordEncoder) -> None:
    told: list[Progress] = []
    index_folder(docs, store, encoder, progress=told.append)
    assert [p.path for p in told] == ["cats.txt", "sub/dogs.md", ""]
    assert told[-1].done_bytes == told[-1].total_bytes > 0
    assert told[-1].remaining_seconds == 0


def test_the_index_is_in_the_folder_or_in_the_cache(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_index(docs) == docs / ".pincite"
    monkeypatch.setenv("PINCITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert default_index(docs).is_relative_to(tmp_path / "cache" / "indexes")


def test_another_model_is_refused_until_the_index_is_removed(
    docs: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    with open_store(tmp_path / "index", encoder) as store:
        index_folder(docs, store, encoder)
    other = WordEncoder("other", 128)
    with pytest.raises(StoreError, match="words"):
        open_store(tmp_path / "index", other)
    remove_index(tmp_path / "index")
    with open_store(tmp_path / "index", other) as store:
        assert index_folder(docs, store, other).embedded == 2
