"""Passages, terms and vectors on disk: one SQLite file is the truth, the FAISS file is derived.

Filled by `indexer`, searched by `qa.retrieve`. A document comes or goes in one transaction, so a
store killed at any moment opens with each document either as before or as after. A document is
known by the hash of its bytes; files are names for it, and several may be names for one.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.context import context
from embeddings.documents import Document
from embeddings.errors import StoreError
from embeddings.passages import Passage, Window
from embeddings.runtime import Floats
from embeddings.sentences import Span
from embeddings.terms import holds, match_expression, phrase_expression
from embeddings.vectors import VectorIndex, open_vectors

FORMAT = 2
"""Raised whenever an older index cannot be read any more."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, context TEXT NOT NULL, text TEXT NOT NULL,
    pages TEXT NOT NULL
);
CREATE TABLE files (path TEXT PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id));
CREATE INDEX files_of_document ON files (document);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id),
    start INTEGER NOT NULL, stop INTEGER NOT NULL, sentences BLOB NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX passages_of_document ON passages (document);
CREATE VIRTUAL TABLE terms USING fts5 (
    context, text, content = '', tokenize = "porter unicode61 remove_diacritics 2"
);
"""
_CONTEXT = 2
"""What a word of the context weighs in BM25 beside one of the text; measured, as are the pairs."""
_PASSAGE = """
SELECT passages.id, document, start, stop, substr(text, start + 1, stop - start), sentences
FROM passages JOIN documents ON documents.id = document
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an index was made with; another setting needs another index."""

    model: str
    dimension: int
    encoding: str
    max_tokens: int
    overlap_tokens: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One file of the store and how much is in it."""

    path: str
    document: str
    title: str
    passages: int


class Store:
    """A folder that holds an index. Safe to use from several threads.

        with Store.open(Path("seeds/.pincite"), settings) as store:
            store.nearest(vector, 10)

    `open` makes the folder where there is none. Raises `StoreError` where the index there was
    made with other settings, by another version, or cannot be read or written.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self._connection = connection
        self._lock = threading.RLock()
        self._vectors: tuple[int, VectorIndex] | None = None
        self._document = lru_cache(maxsize=64)(self._read_document)

    @classmethod
    def open(cls, folder: Path, settings: Settings) -> Store:
        """The store in `folder`, made if there is none."""
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not (ignored := folder / ".gitignore").exists():
                ignored.write_text("*\n", "ascii")
            connection = sqlite3.connect(
                folder / "index.sqlite", timeout=30, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA foreign_keys = ON")
                _prepare(connection, folder, settings)
            except BaseException:
                connection.close()
                raise
        return cls(folder, connection, settings)

    def close(self) -> None:
        """Releases the files; the store is not to be used any more."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    def add(self, document: Document, windows: Sequence[Window], vectors: Floats) -> None:
        """Puts the document in, in place of what `document.path` held before.

        `vectors` has shape (windows, dimension), unit length.
        """
        if vectors.shape != (len(windows), self.settings.dimension):
            raise ValueError(
                f"vectors have shape {vectors.shape}, expected "
                f"({len(windows)}, {self.settings.dimension})"
            )
        with self._writing() as db:
            if not self.has(document.id):
                about, text = context(document), document.text
                db.execute(
                    "INSERT INTO documents VALUES (?, ?, ?, ?, ?)",
                    (document.id, document.title, about, text, json.dumps(document.pages)),
                )
                for window, vector in zip(windows, vectors, strict=True):
                    row = db.execute(
                        "INSERT INTO passages (document, start, stop, sentences, vector)"
                        " VALUES (?, ?, ?, ?, ?)",
                        (
                            document.id,
                            window.start,
                            window.end,
                            _pack(window.sentences),
                            vector.astype("<f4").tobytes(),
                        ),
                    )
                    db.execute(
                        "INSERT INTO terms (rowid, context, text) VALUES (?, ?, ?)",
                        (row.lastrowid, about, text[window.start : window.end]),
                    )
            self._name(db, document.path, document.id)

    def link(self, path: str, document: str) -> None:
        """Lets `path` name a document that is already here: a copy or a renamed file."""
        with self._writing() as db:
            self._name(db, path, document)

    def remove(self, path: str) -> None:
        """Forgets the file, and its document unless another file has the same bytes."""
        with self._writing() as db:
            found = db.execute("DELETE FROM files WHERE path = ? RETURNING document", (path,))
            for (document,) in found.fetchall():
                self._drop_unnamed(db, document)

    def _name(self, db: sqlite3.Connection, path: str, document: str) -> None:
        before = db.execute("SELECT document FROM files WHERE path = ?", (path,)).fetchone()
        db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (path, document))
        if before is not None and before[0] != document:
            self._drop_unnamed(db, before[0])

    def _drop_unnamed(self, db: sqlite3.Connection, document: str) -> None:
        if db.execute("SELECT 1 FROM files WHERE document = ?", (document,)).fetchone():
            return
        about, text = db.execute(
            "SELECT context, text FROM documents WHERE id = ?", (document,)
        ).fetchone()
        rows = db.execute("SELECT id, start, stop FROM passages WHERE document = ?", (document,))
        for passage, start, stop in rows.fetchall():
            db.execute(  # FTS5 without content forgets a row only if told what the row said
                "INSERT INTO terms (terms, rowid, context, text) VALUES ('delete', ?, ?, ?)",
                (passage, about, text[start:stop]),
            )
        db.execute("DELETE FROM passages WHERE document = ?", (document,))
        db.execute("DELETE FROM documents WHERE id = ?", (document,))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _explained(self.folder):
            db = self._connection
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("UPDATE meta SET value = value + 1 WHERE name = 'generation'")
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # a full disk may have rolled back already
                    db.execute("ROLLBACK")
                raise

    # Reading

    def files(self) -> dict[str, str]:
        """The id of the document that each file names, by path."""
        return dict(self._rows("SELECT path, document FROM files ORDER BY path"))

    def listings(self) -> list[Listing]:
        """The files with their titles and passages, by path."""
        rows = self._rows(
            "SELECT path, document, title, (SELECT count(*) FROM passages"
            " WHERE passages.document = files.document)"
            " FROM files JOIN documents ON documents.id = document ORDER BY path"
        )
        return [Listing(*row) for row in rows]

    def has(self, document: str) -> bool:
        """Whether a document with this id is here."""
        return bool(self._rows("SELECT 1 FROM documents WHERE id = ?", (document,)))

    def document(self, document: str) -> Document:
        """The document with this id, under the first of its paths.

        Raises `KeyError` where there is none.
        """
        return self._document(document, self._generation())

    def _read_document(self, document: str, _generation: int) -> Document:
        rows = self._rows(
            "SELECT id, path, title, text, pages FROM documents JOIN files ON document = id"
            " WHERE id = ? ORDER BY path LIMIT 1",
            (document,),
        )
        if not rows:
            raise KeyError(document)
        identity, path, title, text, pages = rows[0]
        return Document(identity, path, title, text, tuple(json.loads(pages)))

    def __len__(self) -> int:
        """How many passages there are."""
        return int(self._rows("SELECT count(*) FROM passages")[0][0])

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages with these ids that are still here, in that order."""
        rows = self._rows(
            f"{_PASSAGE} WHERE passages.id IN (SELECT value FROM json_each(?))",
            (_json(ids),),
        )
        found = {row[0]: _passage(row) for row in rows}
        return [found[i] for i in ids if i in found]

    def passages_of(self, document: str) -> list[Passage]:
        """The passages of one document, in its order."""
        rows = self._rows(f"{_PASSAGE} WHERE document = ? ORDER BY passages.id", (document,))
        return [_passage(row) for row in rows]

    def nearest(
        self, vector: Floats, k: int, among: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The ids of the `k` passages nearest to the unit `vector`, with their cosines, best first.

        Equal cosines come in the order of the ids. `among`: of these passages alone.
        """
        with self._lock:
            return self._index().nearest(vector, k, among)

    def warm(self) -> None:
        """Loads the vectors now rather than at the first search."""
        with self._lock:
            self._index()

    def similarities(self, vector: Floats, ids: Sequence[int]) -> list[float]:
        """The cosine of each of these passages with the unit `vector`."""
        with self._lock:
            return self._index().similarities(vector, ids)

    def matching(
        self,
        question: str,
        k: int,
        *,
        also: Sequence[int] = (),
        among: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """The ids of the `k` passages that match the question's words best, by BM25, best first.

        Any of `also` that match are there too, beyond the `k`. Higher is better, above 0; a
        question of stop words alone matches nothing. `among`: of these passages alone, though a
        word counts by how rare it is in all.
        """
        expression = match_expression(question)
        if not expression:
            return []
        only = "" if among is None else "AND +rowid IN (SELECT value FROM json_each(?))"
        allowed = [] if among is None else [_json(among)]
        rows = self._rows(
            f"SELECT rowid, -bm25(terms, {_CONTEXT}, 1) AS score FROM terms"
            f" WHERE terms MATCH ? {only}"
            " ORDER BY rowid IN (SELECT value FROM json_each(?)) DESC, score DESC, rowid LIMIT ?",
            [expression, *allowed, _json(also), k + len(also)],
        )
        return sorted(((int(i), float(s)) for i, s in rows), key=lambda pair: (-pair[1], pair[0]))

    def holding(self, phrases: Sequence[str]) -> list[int]:
        """The ids of the passages whose text holds each of the phrases exactly, see `terms.holds`.

        At least one phrase, each with a letter or digit in it.
        """
        rows = self._rows(
            "SELECT rowid FROM terms WHERE terms MATCH ? ORDER BY rowid",
            (phrase_expression(phrases),),
        )
        passages = self.passages([row[0] for row in rows])
        return [p.id for p in passages if all(holds(p.text, phrase) for phrase in phrases)]

    def passage_ids(self, documents: Iterable[str]) -> list[int]:
        """The ids of these documents' passages, in order."""
        rows = self._rows(
            "SELECT id FROM passages WHERE document IN (SELECT value FROM json_each(?))"
            " ORDER BY id",
            (json.dumps(sorted(documents)),),
        )
        return [int(row[0]) for row in rows]

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock, _explained(self.folder):
            return self._connection.execute(sql, values).fetchall()

    def _generation(self) -> int:
        """How many writes there were: what was derived from the store holds for one generation."""
        return int(self._rows("SELECT value FROM meta WHERE name = 'generation'")[0][0])

    def _index(self) -> VectorIndex:
        """The vectors of the present generation: in memory, else their file, else made anew."""
        generation = self._generation()
        if self._vectors is None or self._vectors[0] != generation:
            index = open_vectors(
                self.folder, generation, len(self), self.settings.dimension, self._stored_vectors
            )
            self._vectors = (generation, index)
        return self._vectors[1]

    def _stored_vectors(self) -> Iterator[tuple[list[int], bytes]]:
        cursor = self._connection.execute("SELECT id, vector FROM passages ORDER BY id")
        while rows := cursor.fetchmany(4096):
            yield [row[0] for row in rows], b"".join(row[1] for row in rows)


def _prepare(connection: sqlite3.Connection, folder: Path, settings: Settings) -> None:
    """Makes the tables in an empty file; otherwise checks that this index is one of ours."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            meta = {"format": FORMAT, "generation": 0, **asdict(settings)}
            rows = [(name, str(value)) for name, value in meta.items()]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
        try:
            meta = dict(connection.execute("SELECT name, value FROM meta"))
        except sqlite3.OperationalError:
            meta = {}
    finally:
        connection.execute("COMMIT" if connection.in_transaction else "SELECT 1")
    again = "Make it again with `pincite index DOCS --rebuild`, or choose another with --index."
    if meta.get("format") != str(FORMAT):
        raise StoreError(
            f"The index in {folder} has format {meta.get('format')}, this version of pincite "
            f"reads format {FORMAT}. {again}"
        )
    for name, value in asdict(settings).items():
        if meta.get(name) != str(value):
            raise StoreError(
                f"The index in {folder} was made with {name} {meta.get(name)}, and {value} is "
                f"asked for now. {again}"
            )


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turns what SQLite and the file system report into a `StoreError` with what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        reason = str(error)
        if "full" in reason:
            advice = "Free some space on that disk, or put the index elsewhere with --index."
        elif "locked" in reason or "busy" in reason:
            advice = "Another process is writing it; try again when that has ended."
        else:
            advice = "Check that the folder can be written, or choose another with --index."
        raise StoreError(f"The index in {folder} cannot be used: {reason}. {advice}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"The index in {folder} is damaged: {error}. "
            "Delete that folder, or make it again with `pincite index DOCS --rebuild`."
        ) from error
    except OSError as error:
        raise StoreError(
            f"The index in {folder} cannot be used: {error.strerror or error}. "
            "Choose another folder with --index."
        ) from error


def _json(ids: Sequence[int]) -> str:
    return json.dumps([int(i) for i in ids])


def _pack(spans: Sequence[Span]) -> bytes:
    return np.array([(s.start, s.end) for s in spans], "<i4").tobytes()


def _passage(row: Sequence[Any]) -> Passage:
    pairs: NDArray[np.int32] = np.frombuffer(row[5], "<i4").reshape(-1, 2)
    identity, document, start, stop, text, _ = row
    sentences = tuple(Span(first, last) for first, last in pairs.tolist())
    return Passage(identity, document, start, stop, text, sentences)
