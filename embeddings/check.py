"""Verifies a store against its files and itself, and mends what can be mended.

SQLite is believed only where it agrees with the files: a document that does not is indexed again.
Terms and vectors in memory are derived, and made again where they are not what they should be.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from embeddings.database import TERMS
from embeddings.documents import Document, read_bytes
from embeddings.encoder import Encoder
from embeddings.errors import DocumentError, StoreError
from embeddings.indexer import WAIT_SECONDS, Progress, Report, index_folder
from embeddings.store import Store
from embeddings.workers import Workers

_NORM_ERROR = 0.01


@dataclass(frozen=True, slots=True)
class Check:
    """What was wrong and is mended, what still is, and what the folder's own changes were."""

    mended: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    report: Report = field(default_factory=Report)


def check_index(
    docs: Path,
    store: Store,
    encoder: Encoder,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Check:
    """Reads every file and every row; afterwards the store is level with the folder.

    Raises as `index_folder` does.
    """
    check = Check()
    with store.alone(WAIT_SECONDS):
        _check_tables(store, check)
        if check.broken:
            return check
        store.tell_languages()
        with Workers() as workers:
            damaged = list(_damaged_documents(docs, store, workers))
        for document, fault in damaged:
            check.mended.append(f"{document}: {fault}; it is indexed again")
    report = index_folder(docs, store, encoder, progress=progress, read_all=True)
    with store.alone(WAIT_SECONDS):
        _check_terms(store, check)
        _check_vectors(store, check)
    return replace(check, report=report)


def _check_tables(store: Store, check: Check) -> None:
    with store.database.reading() as db:
        faults = _integrity(db)
        if faults:
            with suppress(sqlite3.DatabaseError):
                db.execute("REINDEX")
            if still := _integrity(db):
                check.broken.append(
                    f"index.sqlite is damaged ({still[0]}); "
                    "make it again with `pincite index DOCS --rebuild`"
                )
                return
            check.mended.append(f"index.sqlite: {faults[0]}; its indexes are made anew")
    with store.database.writing() as db:
        lost = db.execute("PRAGMA foreign_key_check").fetchall()
        for table, row, _, _ in lost:
            db.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
        if lost:
            check.mended.append(f"{len(lost)} rows that belong to no document are removed")


def _integrity(db: sqlite3.Connection) -> list[str]:
    try:
        rows = [row[0] for row in db.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if rows == ["ok"] else [" ".join(row.split()) for row in rows]


def _damaged_documents(docs: Path, store: Store, workers: Workers) -> Iterator[tuple[str, str]]:
    """Takes out documents that are not what their files say: the path and what is wrong.

    Those whose file has changed or gone are left to the indexer.
    """
    with store.database.reading() as db:
        rows = db.execute(
            "SELECT number, id, min(path) FROM documents LEFT JOIN files ON document = number"
            " GROUP BY number ORDER BY min(path)"
        ).fetchall()
    for number, identity, path in rows:
        fault = "no file names it" if path is None else None
        if path is not None:
            try:
                expected = workers.parse(read_bytes(docs / path, path), path)
            except DocumentError:
                continue
            if expected.id == identity:
                fault = _fault(store, number, expected)
        if fault is not None:
            _take_out(store, number)
            yield path or identity[:16], fault


def _fault(store: Store, number: int, expected: Document) -> str | None:
    try:
        found = store.document(expected.id)
    except (StoreError, ValueError):
        return "its text cannot be read"
    if found.text != expected.text:
        return "its text is not that of the file"
    if found != expected:
        return "its title, pages or particulars are not the file's"
    whole = 0, len(expected.text)
    if list(found.layout.pages(*whole)) != list(expected.layout.pages(*whole)):
        return "its places on the pages are not those of the file"
    with store.database.reading() as db:
        rows = db.execute(
            "SELECT start, stop, sentences, vector FROM passages WHERE document = ?", (number,)
        ).fetchall()
    if not rows:
        return "it has no passages"
    for start, stop, sentences, vector in rows:
        if not 0 <= start < stop <= len(expected.text):
            return f"a passage from {start} to {stop} is outside its text"
        if not _inside(sentences, start, stop, len(expected.text)):
            return f"the sentences of the passage from {start} to {stop} are not in it"
        if len(vector) != 2 * store.settings.dimension:
            return f"a vector of {len(vector)} bytes"
        norm = float(np.linalg.norm(np.frombuffer(vector, "<f2").astype(np.float64)))
        if not abs(norm - 1) < _NORM_ERROR:
            return f"a vector of length {norm:.3g}"
    return None


def _inside(packed: bytes, start: int, stop: int, length: int) -> bool:
    """Whether the sentences are in order, within the text, and each shows in the passage."""
    if not packed or len(packed) % 8:
        return False
    spans = np.frombuffer(packed, "<i4").reshape(-1, 2)
    starts, ends = spans[:, 0], spans[:, 1]
    return bool(
        (starts < ends).all()
        and (starts[1:] >= ends[:-1]).all()
        and (starts >= 0).all()
        and (ends <= length).all()
        and (starts < stop).all()
        and (ends > start).all()
    )


def _take_out(store: Store, number: int) -> None:
    """Removes a document whatever is wrong with it; its terms are left for `_check_terms`."""
    with store.database.writing() as db:
        for table in ("files", "passages", "texts", "layouts"):
            db.execute(f"DELETE FROM {table} WHERE document = ?", (number,))
        db.execute("DELETE FROM documents WHERE number = ?", (number,))


def _check_terms(store: Store, check: Check) -> None:
    with store.database.reading() as db:
        db.execute(f"CREATE VIRTUAL TABLE temp.expected {TERMS}")
        try:
            _fill(db, store, "temp.expected")
            fault = _terms_fault(db)
        finally:
            db.execute("DROP TABLE temp.expected")
    if fault is not None:
        with store.database.writing() as db:
            db.execute("DROP TABLE terms")
            db.execute(f"CREATE VIRTUAL TABLE terms {TERMS}")
            _fill(db, store, "terms")
        check.mended.append(f"the terms are made anew: {fault}")


def _fill(db: sqlite3.Connection, store: Store, table: str) -> None:
    documents = db.execute("SELECT id, context FROM documents ORDER BY number").fetchall()
    for document, about in documents:
        rows = [(passage.id, about, passage.text) for passage in store.passages_of(document)]
        db.executemany(f"INSERT INTO {table} (rowid, context, text) VALUES (?, ?, ?)", rows)


def _terms_fault(db: sqlite3.Connection) -> str | None:
    """What differs between the table `terms` and `expected`."""
    db.execute("CREATE VIRTUAL TABLE temp.found_words USING fts5vocab (main, terms, row)")
    db.execute("CREATE VIRTUAL TABLE temp.expected_words USING fts5vocab (temp, expected, row)")
    compared = (
        ("passages", "main.terms_docsize", "temp.expected_docsize"),
        ("words", "temp.found_words", "temp.expected_words"),
    )
    try:
        db.execute("INSERT INTO terms (terms) VALUES ('integrity-check')")
        for what, found, expected in compared:
            for first, second in ((found, expected), (expected, found)):
                (count,) = db.execute(
                    f"SELECT count(*) FROM (SELECT * FROM {first} EXCEPT SELECT * FROM {second})"
                ).fetchone()
                if count:
                    return f"{count} {what} are not as the texts say"
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        db.execute("DROP TABLE temp.found_words")
        db.execute("DROP TABLE temp.expected_words")
    return None


def _check_vectors(store: Store, check: Check) -> None:
    fault = store.vectors.fault()
    if fault is not None:
        store.vectors.remake()
        check.mended.append(f"the FAISS file is made anew: {fault}")
