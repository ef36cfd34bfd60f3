import logging
import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embeddings.indexer import Report, index_folder, open_store
from embeddings.store import Store
from embeddings.watch import watching
from tests.toy import WordEncoder

SECONDS = 15
ENCODER = WordEncoder()


@contextmanager
def watched(docs: Path, store: Store) -> Iterator["queue.Queue[Report]"]:
    """The reports that the watch makes; the first, of its start, is taken out."""
    reports: queue.Queue[Report] = queue.Queue()
    with watching(docs, store, ENCODER, reports.put):
        assert reports.get(timeout=SECONDS).skipped == []
        yield reports


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "cats.txt").write_text("Cats sleep.")
    return folder


@pytest.fixture
def store(docs: Path) -> Iterator[Store]:
    with open_store(docs / ".pincite", ENCODER) as opened:
        index_folder(docs, opened, ENCODER)
        yield opened


def write(path: Path, text: str) -> None:
    """Writes the file at once, so that no half of it is seen."""
    hidden = path.with_name(f".{path.name}")
    hidden.write_text(text)
    hidden.replace(path)


def report_of_change(reports: "queue.Queue[Report]") -> Report:
    """The next report that says something changed: a new folder alone, for one, is no change."""
    while True:
        report = reports.get(timeout=SECONDS)
        if report.added or report.changed or report.removed:
            return report


def found(store: Store, word: str) -> list[str]:
    return [p.text for p in store.passages([i for i, _ in store.matching(word, 5)])]


def test_new_edited_and_removed_files_are_followed(docs: Path, store: Store) -> None:
    with watched(docs, store) as reports:
        (docs / "sub").mkdir()
        write(docs / "sub" / "dogs.txt", "Dogs bark.")
        assert report_of_change(reports).added == ["sub/dogs.txt"]
        assert found(store, "bark") == ["Dogs bark."]
        write(docs / "cats.txt", "Cats purr.")
        assert report_of_change(reports).changed == ["cats.txt"]
        assert (found(store, "sleep"), found(store, "purr")) == ([], ["Cats purr."])
        assert store.nearest(ENCODER.encode_question("Cats purr."), 1)[0][1] > 0.98
        (docs / "cats.txt").unlink()
        assert report_of_change(reports).removed == ["cats.txt"]
        assert found(store, "purr") == []


def test_what_changed_before_the_watch_began_is_followed(docs: Path, store: Store) -> None:
    write(docs / "fish.txt", "Fish swim.")
    reports: queue.Queue[Report] = queue.Queue()
    with watching(docs, store, ENCODER, reports.put):
        assert report_of_change(reports).added == ["fish.txt"]


def test_a_folder_that_cannot_be_listed_does_not_end_the_watch(docs: Path, store: Store) -> None:
    closed = docs / "closed"
    closed.mkdir(mode=0)
    if os.access(closed, os.R_OK):
        pytest.skip("root lists everything")
    reports: queue.Queue[Report] = queue.Queue()
    with watching(docs, store, ENCODER, reports.put):
        assert [skip.path for skip in reports.get(timeout=SECONDS).skipped] == ["closed"]
        write(docs / "fish.txt", "Fish swim.")
        report = report_of_change(reports)
        assert (report.added, [skip.path for skip in report.skipped]) == (["fish.txt"], ["closed"])


def test_it_waits_while_another_writes(docs: Path, store: Store) -> None:
    with watched(docs, store) as reports:
        with open_store(store.folder, ENCODER) as other, other.alone(1):
            write(docs / "fish.txt", "Fish swim.")
            with pytest.raises(queue.Empty):
                reports.get(timeout=1.5)
        assert report_of_change(reports).added == ["fish.txt"]


def test_an_emptied_folder_is_said_and_the_watch_goes_on(
    docs: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with watched(docs, store) as reports, caplog.at_level(logging.ERROR, "embeddings.watch"):
        (docs / "cats.txt").unlink()
        with pytest.raises(queue.Empty):
            reports.get(timeout=1.5)
        assert "There are no documents in" in caplog.text
        write(docs / "dogs.txt", "Dogs bark.")
        report = report_of_change(reports)
        assert (report.added, report.removed) == (["dogs.txt"], ["cats.txt"])
