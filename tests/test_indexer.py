import errno
import os
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.context import encode_in_context
from embeddings.errors import DocumentError, StoreBusyError, StoreError
from embeddings.indexer import (
    Progress,
    Skipped,
    default_index,
    index_folder,
    open_store,
    remove_index,
)
from embeddings.runtime import Floats
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


def test_what_a_changed_file_still_says_is_not_embedded_again(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    lines = [f"Line {i} speaks of {'many ' * 100}things." for i in range(9)]
    (docs / "cats.txt").write_text("\n\n".join(lines))
    index_folder(docs, store, encoder)
    assert len(store) == 10
    encoder.embedded.clear()
    lines[4] = "Line 4 is another."
    (docs / "cats.txt").write_text("\n\n".join(lines))
    report = index_folder(docs, store, encoder)
    assert report.changed == ["cats.txt"]
    assert report.embedded == 2
    assert encoder.embedded[2:] == ["cats"]  # the context of both
    parts = store.embedded(store.files()["cats.txt"])
    assert encode_in_context(encoder, parts).astype(np.float16).tolist() == (
        store.vectors_of(store.files()["cats.txt"]).tolist()
    )


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


def test_a_folder_that_cannot_be_listed_is_skipped_and_what_is_known_of_it_stays(
    docs: Path, store: Store, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "sub" / "deep").mkdir()
    (docs / "sub" / "deep" / "fish.txt").write_text("Fish swim.")
    (docs / "sub.txt").write_text("Birds sing.")
    age(*docs.rglob("*.*"))
    index_folder(docs, store, encoder)
    forbid(docs / "sub", monkeypatch)
    reason = (
        "sub: cannot be listed (Permission denied); check its permissions; "
        "what was indexed from it before is kept"
    )
    with store.alone(0):  # not even the right to write is needed
        report = index_folder(docs, store, encoder)
    assert (report.unchanged, report.removed) == (["cats.txt", "sub.txt"], [])
    assert report.skipped == [Skipped("sub", reason)]
    (docs / "sub.txt").unlink()
    (docs / "bad.pdf").write_bytes(b"rubbish")
    report = index_folder(docs, store, encoder)
    assert (report.unchanged, report.removed) == (["cats.txt"], ["sub.txt"])
    assert [skip.path for skip in report.skipped] == ["bad.pdf", "sub"]
    assert list(store.files()) == ["cats.txt", "sub/deep/fish.txt", "sub/dogs.md"]
    monkeypatch.undo()
    (docs / "sub" / "dogs.md").unlink()
    assert index_folder(docs, store, encoder).removed == ["sub/dogs.md"]


def test_where_no_document_is_in_sight_the_folder_in_the_way_is_named(
    docs: Path, store: Store, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_folder(docs, store, encoder)
    (docs / "cats.txt").unlink()
    forbid(docs / "sub", monkeypatch)
    with pytest.raises(DocumentError, match=r"There are no documents in .* sub: cannot be listed"):
        index_folder(docs, store, encoder)
    forbid(docs, monkeypatch)
    with pytest.raises(DocumentError, match=rf"^{re.escape(str(docs))}: cannot be listed"):
        index_folder(docs, store, encoder)
    assert list(store.files()) == ["cats.txt", "sub/dogs.md"]


def forbid(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the system refuse to list the folder, also to root."""
    listed = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)


def test_an_emptied_folder_is_an_error_and_changes_nothing_unless_it_is_to_be_purged(
    docs: Path, store: Store, encoder: WordEncoder, tmp_path: Path
) -> None:
    index_folder(docs, store, encoder)
    with pytest.raises(DocumentError, match="nowhere"):
        index_folder(tmp_path / "nowhere", store, encoder)
    (docs / "cats.txt").unlink()
    (docs / "sub" / "dogs.md").unlink()
    with pytest.raises(DocumentError, match=r"no documents in .*\.pdf.*\.gz or in a \.zip"):
        index_folder(docs, store, encoder)
    assert len(store.files()) == 2
    with pytest.raises(DocumentError, match="no documents in"):
        index_folder(docs, store, encoder, purge=True)
    assert (store.known(), held(store, "sleep", "bark")) == ({}, [])


def held(store: Store, *words: str) -> list[str]:
    """Those of the words that the files of the index hold, while it is open."""
    data = b"".join(path.read_bytes() for path in store.folder.iterdir()).lower()
    return [word for word in words if word.encode() in data]


def test_what_is_deleted_is_gone_from_the_files_of_the_index(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    (docs / "informer.txt").write_text("Xanthippe met Quetzal.")
    index_folder(docs, store, encoder)
    vector = store.vectors_of(store.files()["informer.txt"])[0].tobytes()
    words = ["xanthipp", "quetzal", "informer", "sleep"]
    assert held(store, *words) == words
    (file,) = store.folder.glob("*.faiss")
    assert vector in file.read_bytes()
    (docs / "informer.txt").unlink()
    (docs / "cats.txt").write_text("Cats purr.")
    index_folder(docs, store, encoder, purge=True)
    assert held(store, *words) == []
    assert vector not in file.read_bytes()


def test_what_is_deleted_is_gone_also_where_no_file_can_be_read(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    index_folder(docs, store, encoder)
    (docs / "cats.txt").unlink()
    (docs / "sub" / "dogs.md").unlink()
    (docs / "dogs.pdf").write_bytes(b"rubbish")
    for _ in range(2):
        with pytest.raises(DocumentError, match="None of the 1 documents"):
            index_folder(docs, store, encoder, purge=True)
        assert held(store, "sleep", "bark") == []


def test_what_a_killed_run_deleted_goes_with_the_next_one(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    age(docs / "cats.txt", docs / "sub" / "dogs.md")
    index_folder(docs, store, encoder)
    (docs / "cats.txt").unlink()
    store.remove("cats.txt")
    assert not store.is_purged()
    with store.alone(0):  # another process is at it
        assert index_folder(docs, store, encoder, purge=True).unchanged == ["sub/dogs.md"]
    assert not store.is_purged()
    assert index_folder(docs, store, encoder, purge=True).unchanged == ["sub/dogs.md"]
    assert (store.is_purged(), held(store, "sleep")) == (True, [])


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
    assert [p.path for p in told] == ["cats.txt", "sub/dogs.md", "sub/dogs.md", ""]
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


LONG_AGO = 1_000_000_000


def age(*paths: Path, seconds: int = LONG_AGO) -> None:
    """Gives the files a time of change that is no longer doubtful."""
    for path in paths:
        os.utime(path, (seconds, seconds))


def test_a_file_of_the_same_size_and_old_time_is_not_read(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    cats = docs / "cats.txt"
    age(cats, docs / "sub" / "dogs.md")
    index_folder(docs, store, encoder)
    cats.write_text(cats.read_text().replace("sleep", "dream"))
    age(cats)
    assert index_folder(docs, store, encoder).unchanged == ["cats.txt", "sub/dogs.md"]
    assert store.matching("dream", 5) == []
    assert index_folder(docs, store, encoder, read_all=True).changed == ["cats.txt"]
    assert len(store.matching("dream", 5)) == 1


def test_a_file_changed_a_moment_ago_is_read_again(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    cats = docs / "cats.txt"
    index_folder(docs, store, encoder)
    before = cats.stat()
    cats.write_text(cats.read_text().replace("sleep", "dream"))
    os.utime(cats, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert index_folder(docs, store, encoder).changed == ["cats.txt"]


def test_a_touched_file_is_read_once_and_its_time_remembered(
    docs: Path, store: Store, encoder: WordEncoder
) -> None:
    cats = docs / "cats.txt"
    age(cats, docs / "sub" / "dogs.md")
    index_folder(docs, store, encoder)
    age(cats, seconds=LONG_AGO + 1)
    encoder.embedded.clear()
    report = index_folder(docs, store, encoder)
    assert (report.unchanged, encoder.embedded) == (["cats.txt", "sub/dogs.md"], [])
    assert store.known()["cats.txt"].stamp.mtime_ns == (LONG_AGO + 1) * 10**9


def test_a_bad_file_is_not_parsed_again(docs: Path, store: Store, encoder: WordEncoder) -> None:
    bad = docs / "bad.pdf"
    bad.write_bytes(b"%PDF-1.4 rubbish")
    age(bad, docs / "cats.txt", docs / "sub" / "dogs.md")
    first = index_folder(docs, store, encoder)
    (docs / "cats.txt").unlink()
    bad.write_bytes(b"now it is text..")
    age(bad)
    assert index_folder(docs, store, encoder).skipped == first.skipped
    with store.alone(0):  # not even the right to write is needed
        assert index_folder(docs, store, encoder).skipped == first.skipped
    bad.unlink()
    report = index_folder(docs, store, encoder)
    assert (report.removed, list(store.known())) == ([], ["sub/dogs.md"])


def test_a_folder_that_is_level_needs_no_lock(
    docs: Path, store: Store, encoder: WordEncoder, tmp_path: Path
) -> None:
    index_folder(docs, store, encoder)
    with open_store(tmp_path / "index", encoder) as other, other.alone(0):
        assert index_folder(docs, store, encoder).unchanged == ["cats.txt", "sub/dogs.md"]
        (docs / "new.txt").write_text("Fish swim.")
        with pytest.raises(StoreBusyError, match=r"Another process is writing.*--index"):
            index_folder(docs, store, encoder, wait_seconds=0.1)
        assert list(store.files()) == ["cats.txt", "sub/dogs.md"]
        with pytest.raises(StoreBusyError):
            remove_index(tmp_path / "index")
    assert index_folder(docs, store, encoder).added == ["new.txt"]


def test_a_second_writer_waits_for_the_first(
    docs: Path, store: Store, encoder: WordEncoder, tmp_path: Path
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class SlowEncoder(WordEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Floats:
            begun.set()
            go_on.wait(10)
            return super().encode_passages(texts)

    slow = SlowEncoder()
    with open_store(tmp_path / "index", slow) as first:
        thread = threading.Thread(target=index_folder, args=(docs, first, slow))
        thread.start()
        assert begun.wait(10)
        threading.Timer(0.3, go_on.set).start()
        report = index_folder(docs, store, encoder, wait_seconds=10)
        thread.join()
    assert (report.unchanged, encoder.embedded) == (["cats.txt", "sub/dogs.md"], [])
    assert set(slow.embedded[2:]) == {"Dogs", "cats"}  # the contexts


def test_a_long_document_goes_on_where_it_was_cut_short(
    tmp_path: Path, store: Store, encoder: WordEncoder
) -> None:
    docs = tmp_path / "long"
    docs.mkdir()
    sentences = [f"Sentence {i} says that {'word ' * 60}{i * 7919}." for i in range(1200)]
    (docs / "long.txt").write_text("\n\n".join(sentences))

    class Dying(WordEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Floats:
            if len(self.embedded) >= 516:  # 512 passages, and the context with every 128
                raise KeyboardInterrupt
            return super().encode_passages(texts)

    dying = Dying()
    with pytest.raises(KeyboardInterrupt):
        index_folder(docs, store, dying)
    assert store.files() == {}
    assert (len(dying.embedded), dying.embedded[-1]) == (516, "long")
    told: list[Progress] = []
    report = index_folder(docs, store, encoder, progress=told.append)
    assert report.embedded == len(store) - 512
    assert set(encoder.embedded) & set(dying.embedded) == {"long"}
    assert len(told) > 3
    assert [p.done_bytes for p in told] == sorted(p.done_bytes for p in told)
    assert told[-1].done_bytes == told[-1].total_bytes
    assert store.drafts(store.embedded(store.files()["long.txt"])) == {}
    expected = encode_in_context(encoder, store.embedded(store.files()["long.txt"]))
    for passage, vector in zip(store.passages_of(store.files()["long.txt"]), expected, strict=True):
        (cosine,) = store.similarities(vector, [passage.id])
        assert cosine == pytest.approx(1, abs=1e-3)
