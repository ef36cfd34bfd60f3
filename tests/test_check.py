import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from embeddings.check import Check, check_index
from embeddings.context import encode_in_context
from embeddings.indexer import index_folder, open_store
from embeddings.store import Store
from tests.toy import WordEncoder

ENCODER = WordEncoder()
TEXTS = {
    "cats.txt": "Cats sleep all day. They hunt at night.",
    "dogs.txt": "Dogs bark at the moon.",
    "fish.txt": "Fish swim in the sea.",
}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def index(docs: Path, tmp_path: Path) -> Path:
    with open_store(tmp_path / "index", ENCODER) as store:
        index_folder(docs, store, ENCODER)
    return tmp_path / "index"


@pytest.fixture
def store(index: Path) -> Iterator[Store]:
    with open_store(index, ENCODER) as opened:
        yield opened


def damage(index: Path, *statements: str) -> None:
    """Changes the database behind the store's back."""
    with closing(sqlite3.connect(index / "index.sqlite", isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def assert_all_is_well(docs: Path, store: Store) -> None:
    assert check_index(docs, store, ENCODER).mended == []
    for name, identity in store.files().items():
        assert store.document(identity).text == (docs / name).read_text()
        vectors = encode_in_context(ENCODER, store.embedded(identity))
        for passage, vector in zip(store.passages_of(identity), vectors, strict=True):
            assert store.nearest(vector, 1)[0][0] == passage.id
            assert store.nearest(vector, 1)[0][1] == pytest.approx(1, abs=1e-3)
    words = {w: [i for i, _ in store.matching(w, 9)] for w in ("cats", "bark", "swim")}
    assert [len(found) for found in words.values()] == [1, 1, 1]


def test_a_sound_index_has_no_faults(docs: Path, store: Store) -> None:
    found = check_index(docs, store, ENCODER)
    assert (found.mended, found.broken) == ([], [])
    assert found.report.unchanged == sorted(TEXTS)
    assert_all_is_well(docs, store)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE texts SET text = replace(text, 'moon', 'noon')",
            "dogs.txt: its text is not that of the file; it is indexed again",
        ),
        (
            "UPDATE documents SET title = 'Wolves' WHERE title = 'dogs'",
            "dogs.txt: its title, pages or particulars are not the file's; it is indexed again",
        ),
        (
            "UPDATE passages SET stop = 999 WHERE id = 2",
            "dogs.txt: a passage from 0 to 999 is outside its text; it is indexed again",
        ),
        (
            "UPDATE passages SET sentences = x'0500000004000000' WHERE id = 2",
            "dogs.txt: the sentences of the passage from 0 to 22 are not in it; "
            "it is indexed again",
        ),
        (
            "UPDATE passages SET vector = substr(vector, 1, 100) WHERE id = 2",
            "dogs.txt: a vector of 100 bytes; it is indexed again",
        ),
        (
            "UPDATE passages SET vector = zeroblob(512) WHERE id = 2",
            "dogs.txt: a vector of length 0; it is indexed again",
        ),
        ("DELETE FROM passages WHERE id = 2", "dogs.txt: it has no passages; it is indexed again"),
        (
            "DELETE FROM texts WHERE document = 2",
            "dogs.txt: its text is not that of the file; it is indexed again",
        ),
    ],
)
def test_a_damaged_document_is_named_and_indexed_again(
    docs: Path, index: Path, statement: str, fault: str
) -> None:
    damage(index, "PRAGMA foreign_keys = OFF", statement)
    with open_store(index, ENCODER) as store:
        ENCODER.embedded.clear()
        found = check_index(docs, store, ENCODER)
        assert found.mended[0] == fault
        assert (found.broken, found.report.added) == ([], ["dogs.txt"])
        assert ENCODER.embedded == [TEXTS["dogs.txt"], "dogs"]
        assert_all_is_well(docs, store)


def test_rows_without_their_document_are_removed(docs: Path, index: Path) -> None:
    damage(index, "PRAGMA foreign_keys = OFF", "DELETE FROM documents WHERE number = 2")
    with open_store(index, ENCODER) as store:
        found = check_index(docs, store, ENCODER)
        assert found.mended[0] == "3 rows that belong to no document are removed"
        assert found.report.added == ["dogs.txt"]
        assert_all_is_well(docs, store)


def test_a_document_that_no_file_names_is_removed(docs: Path, index: Path) -> None:
    damage(index, "DELETE FROM files WHERE path = 'dogs.txt'")
    with open_store(index, ENCODER) as store:
        identity = store._rows("SELECT id FROM documents WHERE title = 'dogs'")[0][0]
        found = check_index(docs, store, ENCODER)
        assert found.mended[0] == f"{identity[:16]}: no file names it; it is indexed again"
        assert_all_is_well(docs, store)


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["INSERT INTO terms (terms) VALUES ('delete-all')"], "3 passages are not as the texts"),
        (["INSERT INTO terms (rowid, text) VALUES (99, 'ghosts')"], "1 passages are not as the"),
        (
            [
                "INSERT INTO terms (terms, rowid, context, text)"
                " VALUES ('delete', 2, 'dogs', 'Dogs bark at the moon.')",
                "INSERT INTO terms (rowid, context, text)"
                " VALUES (2, 'dogs', 'Dogs bark at the sun.')",
            ],
            "1 words are not as the texts say",
        ),
        (["DELETE FROM terms_data WHERE id > 10"], "database disk image is malformed"),
    ],
)
def test_terms_are_made_anew_without_embedding(
    docs: Path, index: Path, statements: list[str], fault: str
) -> None:
    damage(index, *statements)
    with open_store(index, ENCODER) as store:
        ENCODER.embedded.clear()
        found = check_index(docs, store, ENCODER)
        (mended,) = found.mended
        assert mended.startswith(f"the terms are made anew: {fault}")
        assert (found.broken, ENCODER.embedded) == ([], [])
        assert_all_is_well(docs, store)


def test_the_faiss_file_is_made_anew_without_embedding(docs: Path, store: Store) -> None:
    path = store.vectors.file
    whole = path.read_bytes()
    ENCODER.embedded.clear()

    def mended() -> list[str]:
        found: Check = check_index(docs, store, ENCODER)
        assert found.broken == []
        assert path.read_bytes() == whole
        return found.mended

    path.unlink()
    assert mended() == []  # indexing, which comes first, has written it again
    path.write_bytes(whole[: len(whole) // 2])
    assert mended() == ["the FAISS file is made anew: it cannot be read, or lacks passages"]
    middle = np.frombuffer(whole, np.uint8).copy()
    middle[300] ^= 0x7F
    path.write_bytes(middle.tobytes())
    assert mended() == ["the FAISS file is made anew: vectors among the passages 1 to 3 differ"]
    assert_all_is_well(docs, store)


def test_changes_in_the_folder_are_followed_and_are_no_faults(docs: Path, store: Store) -> None:
    (docs / "cats.txt").write_text("Cats purr at the moon.")
    (docs / "dogs.txt").unlink()
    (docs / "birds.txt").write_text("Birds sing.")
    found = check_index(docs, store, ENCODER)
    assert (found.mended, found.broken) == ([], [])
    report = found.report
    assert (report.added, report.changed, report.removed) == (
        ["birds.txt"],
        ["cats.txt"],
        ["dogs.txt"],
    )


def test_a_damaged_sqlite_index_is_made_anew(docs: Path, index: Path) -> None:
    sql = "UPDATE sqlite_master SET sql = 'CREATE INDEX passages_of_document ON passages ({})'"
    sql += " WHERE name = 'passages_of_document'"
    partial = "document) WHERE (document < 0"
    damage(index, "PRAGMA writable_schema = ON", sql.format(partial))
    damage(index, "DELETE FROM passages WHERE id = 2")
    damage(index, "PRAGMA writable_schema = ON", sql.format("document"))
    with open_store(index, ENCODER) as store:
        found = check_index(docs, store, ENCODER)
        assert found.mended[0] == (
            "index.sqlite: wrong # of entries in index passages_of_document; "
            "its indexes are made anew"
        )
        assert found.broken == []
        assert_all_is_well(docs, store)


def test_damage_that_cannot_be_mended_is_said(docs: Path, index: Path) -> None:
    data = bytearray((index / "index.sqlite").read_bytes())
    page = int.from_bytes(data[16:18], "big")
    for start in range(4 * page, len(data), page):
        data[start : start + 16] = b"\xff" * 16
    (index / "index.sqlite").write_bytes(data)
    with open_store(index, ENCODER) as store:
        found = check_index(docs, store, ENCODER)
    assert found.mended == []
    (broken,) = found.broken
    assert broken.startswith("index.sqlite is damaged (")
    assert broken.endswith("make it again with `pincite index DOCS --rebuild`")
