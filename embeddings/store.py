"""Passages, terms and vectors on disk: one SQLite file is the truth, the FAISS file is derived.

Filled by `indexer`, searched by `qa.retrieve`. A document comes or goes in one transaction, so a
store killed at any moment opens with each document either as before or as after. A document is
known by the hash of its bytes; files are names for it, and several may be names for one.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.context import InContext, context
from embeddings.database import Database, Settings, writing_alone
from embeddings.documents import Document
from embeddings.languages import ENGLISH
from embeddings.layout import NO_LAYOUT, Layout, PageLayout
from embeddings.nearest import Nearest
from embeddings.passages import Passage, Window
from embeddings.runtime import Floats
from embeddings.sentences import Span
from embeddings.terms import holds, match_expression, phrase_expression, rarity
from embeddings.vectors import Halves

__all__ = ["Known", "Listing", "Settings", "Stamp", "Store"]

_CONTEXT = 2
"""What a word of the context weighs in BM25 beside one of the text; measured, as are the pairs."""
BLOCK = 1 << 14
"""Characters of a document's text in one row, so that a passage of a long one is found quickly."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells without reading whether a file is as it was; `mtime_ns` -1 never does."""

    size: int
    mtime_ns: int

    @property
    def sure(self) -> bool:
        """Whether an equal stamp means an equal file."""
        return self.mtime_ns >= 0


UNSURE = Stamp(0, -1)


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it was when it was indexed: its document, or the reason why it has none."""

    document: str | None
    reason: str | None
    stamp: Stamp


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

    def __init__(self, database: Database, settings: Settings) -> None:
        self.folder = database.folder
        self.settings = settings
        self.database = database
        self.vectors = Nearest(database, settings.dimension)
        self._document = lru_cache(maxsize=16)(self._read_document)

    @classmethod
    def open(cls, folder: Path, settings: Settings) -> Store:
        """The store in `folder`, made if there is none."""
        return cls(Database(folder, settings), settings)

    def close(self) -> None:
        """Releases the files; the store is not to be used any more."""
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    def alone(self, wait_seconds: float) -> AbstractContextManager[None]:
        """Keeps other writers out until the block ends; see `database.writing_alone`."""
        return writing_alone(self.folder, wait_seconds)

    def add(
        self,
        document: Document,
        windows: Sequence[Window],
        vectors: Floats | Halves,
        stamp: Stamp = UNSURE,
    ) -> None:
        """Puts the document in, in place of what `document.path` held before.

        `vectors` has shape (windows, dimension), unit length; half precision of them is kept.
        """
        if vectors.shape != (len(windows), self.settings.dimension):
            raise ValueError(
                f"vectors have shape {vectors.shape}, expected "
                f"({len(windows)}, {self.settings.dimension})"
            )
        with self.database.writing() as db:
            if not self.has(document.id):
                self._insert(db, document, windows, vectors)
            self._name(db, document.path, document.id, stamp)

    def link(self, path: str, document: str, stamp: Stamp = UNSURE) -> None:
        """Lets `path` name a document that is already here: a copy or a renamed file."""
        with self.database.writing() as db:
            self._name(db, path, document, stamp)

    def refuse(self, path: str, reason: str, stamp: Stamp) -> None:
        """Notes that the file holds no document, and why; what it held before is forgotten."""
        with self.database.writing() as db:
            self._forget(db, path)
            db.execute(
                "INSERT INTO files VALUES (?, NULL, ?, ?, ?)",
                (path, reason, stamp.size, stamp.mtime_ns),
            )

    def restamp(self, stamps: Mapping[str, Stamp]) -> None:
        """Notes new stamps of files whose content is the same."""
        if stamps:
            with self.database.writing(visible=False) as db:
                db.executemany(
                    "UPDATE files SET size = ?, mtime_ns = ? WHERE path = ?",
                    [(stamp.size, stamp.mtime_ns, path) for path, stamp in stamps.items()],
                )

    def remove(self, path: str) -> None:
        """Forgets the file, and its document unless another file has the same bytes."""
        with self.database.writing() as db:
            self._forget(db, path)

    def tell_languages(self, tell: Callable[[str], str | None]) -> None:
        """Settles the languages of documents that an earlier version stored without.

        `tell` is given their texts. They were split as English: those in another language are
        forgotten, with their files, to be indexed again.
        """
        untold = self.untold()
        if not untold:
            return
        with self.database.writing() as db:
            for number in untold:
                language = tell(_text(db, number))
                if language in (None, ENGLISH):
                    told = language or "", number
                    db.execute("UPDATE documents SET language = ? WHERE number = ?", told)
                else:
                    db.execute("DELETE FROM files WHERE document = ?", (number,))
                    self._drop_unnamed(db, number)

    def keep_drafts(self, texts: Sequence[InContext], vectors: Halves) -> None:
        """Keeps vectors of a document that is not whole yet, for a run that is interrupted."""
        with self.database.writing(visible=False) as db:
            db.executemany(
                "INSERT OR REPLACE INTO drafts VALUES (?, ?)",
                [(_digest(t), _halves(v).tobytes()) for t, v in zip(texts, vectors, strict=True)],
            )

    def drafts(self, texts: Sequence[InContext]) -> dict[InContext, Halves]:
        """The vectors that are kept of these texts."""
        sql = "SELECT vector FROM drafts WHERE digest = ?"
        with self.database.reading() as db:
            rows = {text: db.execute(sql, (_digest(text),)).fetchone() for text in texts}
        return {t: np.frombuffer(row[0], "<f2") for t, row in rows.items() if row is not None}

    def drop_drafts(self, texts: Sequence[InContext] | None = None) -> None:
        """Forgets the vectors that were kept of these texts, or all."""
        if not self._rows("SELECT 1 FROM drafts LIMIT 1"):
            return
        with self.database.writing(visible=False) as db:
            if texts is None:
                db.execute("DELETE FROM drafts")
            else:
                rows = [(_digest(text),) for text in texts]
                db.executemany("DELETE FROM drafts WHERE digest = ?", rows)

    def _insert(
        self,
        db: sqlite3.Connection,
        document: Document,
        windows: Sequence[Window],
        vectors: Floats | Halves,
    ) -> None:
        about, text = context(document), document.text
        number = db.execute(
            "INSERT INTO documents (id, title, context, pages, author, date, source, language)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document.id,
                document.title,
                about,
                json.dumps(document.pages),
                document.author,
                document.date,
                document.source,
                document.language or "",
            ),
        ).lastrowid
        db.executemany(
            "INSERT INTO texts VALUES (?, ?, ?)",
            ((number, at // BLOCK, text[at : at + BLOCK]) for at in range(0, len(text), BLOCK)),
        )
        db.executemany(
            "INSERT INTO layouts VALUES (?, ?, ?, ?, ?)",
            (
                (number, page.page, page.start, page.end, page.packed)
                for page in document.layout.pages(0, len(text))
            ),
        )
        for window, vector in zip(windows, vectors, strict=True):
            row = db.execute(
                "INSERT INTO passages (document, start, stop, sentences, vector)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    number,
                    window.start,
                    window.end,
                    _pack(window.sentences),
                    _halves(vector).tobytes(),
                ),
            )
            db.execute(
                "INSERT INTO terms (rowid, context, text) VALUES (?, ?, ?)",
                (row.lastrowid, about, text[window.start : window.end]),
            )

    def _name(self, db: sqlite3.Connection, path: str, document: str, stamp: Stamp) -> None:
        (number,) = db.execute("SELECT number FROM documents WHERE id = ?", (document,)).fetchone()
        before = db.execute("SELECT document FROM files WHERE path = ?", (path,)).fetchone()
        db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, NULL, ?, ?)",
            (path, number, stamp.size, stamp.mtime_ns),
        )
        if before is not None and before[0] != number:
            self._drop_unnamed(db, before[0])

    def _forget(self, db: sqlite3.Connection, path: str) -> None:
        found = db.execute("DELETE FROM files WHERE path = ? RETURNING document", (path,))
        for (number,) in found.fetchall():
            self._drop_unnamed(db, number)

    def _drop_unnamed(self, db: sqlite3.Connection, number: int | None) -> None:
        if number is None:
            return
        if db.execute("SELECT 1 FROM files WHERE document = ?", (number,)).fetchone():
            return
        sql = "SELECT context FROM documents WHERE number = ?"
        (about,), text = db.execute(sql, (number,)).fetchone(), _text(db, number)
        rows = db.execute("SELECT id, start, stop FROM passages WHERE document = ?", (number,))
        for passage, start, stop in rows.fetchall():
            db.execute(  # FTS5 without content forgets a row only if told what the row said
                "INSERT INTO terms (terms, rowid, context, text) VALUES ('delete', ?, ?, ?)",
                (passage, about, text[start:stop]),
            )
        db.execute("DELETE FROM passages WHERE document = ?", (number,))
        db.execute("DELETE FROM texts WHERE document = ?", (number,))
        db.execute("DELETE FROM layouts WHERE document = ?", (number,))
        db.execute("DELETE FROM documents WHERE number = ?", (number,))

    # Reading

    def snapshot(self) -> AbstractContextManager[None]:
        """All that this thread reads inside comes from one state, whoever writes meanwhile."""
        return self.database.snapshot()

    def files(self) -> dict[str, str]:
        """The id of the document that each file names, by path."""
        return {path: k.document for path, k in self.known().items() if k.document is not None}

    def known(self) -> dict[str, Known]:
        """All files that were met, also those that hold no document, by path."""
        rows = self._rows(
            "SELECT path, id, reason, size, mtime_ns"
            " FROM files LEFT JOIN documents ON number = document ORDER BY path"
        )
        return {row[0]: Known(row[1], row[2], Stamp(row[3], row[4])) for row in rows}

    def listings(self) -> list[Listing]:
        """The files with their titles and passages, by path."""
        rows = self._rows(
            "SELECT path, id, title, (SELECT count(*) FROM passages"
            " WHERE passages.document = files.document)"
            " FROM files JOIN documents ON number = document ORDER BY path"
        )
        return [Listing(*row) for row in rows]

    def dates(self) -> dict[str, str]:
        """The dates of the documents that have one, by their ids; see `Document.date`."""
        return dict(self._rows("SELECT id, date FROM documents WHERE date IS NOT NULL"))

    def untold(self) -> list[int]:
        """The numbers of the documents that an earlier version stored without their language."""
        rows = self._rows("SELECT number FROM documents WHERE language IS NULL ORDER BY number")
        return [row[0] for row in rows]

    def languages(self) -> dict[str | None, int]:
        """How many documents are in each language, the most common first; None: not clear."""
        rows = self._rows(
            "SELECT nullif(language, ''), count(*) AS number FROM documents GROUP BY 1"
            " ORDER BY number DESC, 1"
        )
        return dict(rows)

    def paths(self, document: str) -> list[str]:
        """The files that hold this document, sorted."""
        sql = (
            "SELECT path FROM files JOIN documents ON number = document WHERE id = ? ORDER BY path"
        )
        return [row[0] for row in self._rows(sql, (document,))]

    def has(self, document: str) -> bool:
        """Whether a document with this id is here."""
        return bool(self._rows("SELECT 1 FROM documents WHERE id = ?", (document,)))

    def document(self, document: str) -> Document:
        """The document with this id, under the first of its paths.

        Raises `KeyError` where there is none.
        """
        return self._document(document, self._generation())

    def _read_document(self, document: str, _generation: int) -> Document:
        with self.database.reading() as db:
            row = db.execute(
                "SELECT number, path, title, pages, author, date, source, language FROM documents"
                " JOIN files ON document = number WHERE id = ? ORDER BY path LIMIT 1",
                (document,),
            ).fetchone()
            if row is None:
                raise KeyError(document)
            number, path, title, pages, author, date, source, language = row
            text = _text(db, number)
            placed = db.execute("SELECT 1 FROM layouts WHERE document = ? LIMIT 1", (number,))
            layout: Layout = NO_LAYOUT
            if placed.fetchone():
                layout = _StoredLayout(self.database, document)
            starts = tuple(json.loads(pages))
            return Document(
                document,
                path,
                title,
                text,
                starts,
                author,
                date,
                source,
                language or None,
                layout,
            )

    def __len__(self) -> int:
        """How many passages there are."""
        return int(self._rows("SELECT count(*) FROM passages")[0][0])

    def passages(self, ids: Sequence[int]) -> list[Passage]:
        """The passages with these ids that are still here, in that order."""
        wanted = _json(ids)
        with self.database.reading() as db:
            rows = db.execute(
                f"{_PASSAGE} WHERE passages.id IN (SELECT value FROM json_each(?))", (wanted,)
            ).fetchall()
            found = {row[0]: _passage(row, _text(db, row[5], row[2], row[3])) for row in rows}
        return [found[i] for i in ids if i in found]

    def documents_of(self, ids: Sequence[int]) -> dict[int, str]:
        """The id of the document that each of these passages is from; none for one that is gone."""
        return dict(
            self._rows(
                "SELECT passages.id, documents.id FROM passages JOIN documents ON number = document"
                " WHERE passages.id IN (SELECT value FROM json_each(?))",
                (_json(ids),),
            )
        )

    def passages_of(self, document: str) -> list[Passage]:
        """The passages of one document, in its order."""
        with self.database.reading() as db:
            found = db.execute(
                f"{_PASSAGE} WHERE documents.id = ? ORDER BY passages.id", (document,)
            ).fetchall()
            text = _text(db, found[0][5]) if found else ""
        return [_passage(row, text[row[2] : row[3]]) for row in found]

    def embedded(self, document: str) -> list[InContext]:
        """What was embedded of one document, passage by passage."""
        rows = self._rows("SELECT context FROM documents WHERE id = ?", (document,))
        return [InContext(p.text, rows[0][0]) for p in self.passages_of(document)]

    def vectors_of(self, document: str) -> Halves:
        """The vectors of one document's passages, in its order: shape (passages, dimension)."""
        rows = self._rows(
            "SELECT vector FROM passages JOIN documents ON number = document"
            " WHERE documents.id = ? ORDER BY passages.id",
            (document,),
        )
        data = b"".join(row[0] for row in rows)
        return np.frombuffer(data, "<f2").reshape(len(rows), self.settings.dimension)

    def vectors_at(self, ids: Sequence[int]) -> Floats:
        """The vectors of these passages, float32: shape (ids, dimension). 0 for one gone."""
        rows = self._rows(
            "SELECT id, vector FROM passages WHERE id IN (SELECT value FROM json_each(?))",
            (_json(ids),),
        )
        found = {i: np.frombuffer(vector, "<f2") for i, vector in rows}
        gone = np.zeros(self.settings.dimension, "<f2")
        vectors = [found.get(i, gone) for i in ids]
        return np.array(vectors, np.float32).reshape(len(ids), self.settings.dimension)

    def nearest(
        self, vector: Floats, k: int, among: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The ids of the `k` passages nearest to the unit `vector`, with their cosines, best first.

        Equal cosines come in the order of the ids. `among`: of these passages alone.
        """
        with self.vectors.level() as index:
            return index.nearest(vector, k, among)

    def warm(self) -> None:
        """Loads the vectors now rather than at the first search, and keeps their file level."""
        self.vectors.keep()

    def similarities(self, vector: Floats, ids: Sequence[int]) -> list[float]:
        """The cosine of each of these passages with the unit `vector`; 0 for one that is gone."""
        rows = self._rows(
            "SELECT id, vector FROM passages WHERE id IN (SELECT value FROM json_each(?))",
            (_json(ids),),
        )
        found = {i: float(np.frombuffer(v, "<f2").astype(np.float32) @ vector) for i, v in rows}
        return [found.get(i, 0.0) for i in ids]

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

    def matching_as_among(
        self,
        weights: Mapping[str, float],
        k: int,
        *,
        also: Sequence[int] = (),
        among: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """As `matching`, but each term (`terms.match_terms`) has the given weight.

        So passages of a small store score as they would among those of another, where a word has
        another rarity. Takes a search for each term.
        """
        only = "" if among is None else "AND +rowid IN (SELECT value FROM json_each(?))"
        allowed = [] if among is None else [_json(among)]
        sql = (
            f"SELECT rowid, -bm25(terms, {_CONTEXT}, 1) FROM terms WHERE terms MATCH ? {only}"
            " ORDER BY rowid"
        )
        passages, scores = len(self), Counter[int]()
        for (term, weight), count in zip(weights.items(), self.term_counts(weights), strict=True):
            own = rarity(passages, count)
            for i, score in self._rows(sql, [term, *allowed]):
                scores[int(i)] += weight * score / own
        kept = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        wanted = {int(i) for i in also}
        return [pair for rank, pair in enumerate(kept) if rank < k or pair[0] in wanted]

    def term_counts(self, terms: Iterable[str]) -> list[int]:
        """How many passages match each of the terms (`terms.match_terms`)."""
        sql = "SELECT count(*) FROM terms WHERE terms MATCH ?"
        return [int(self._rows(sql, (term,))[0][0]) for term in terms]

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
            "SELECT passages.id FROM passages JOIN documents ON number = document"
            " WHERE documents.id IN (SELECT value FROM json_each(?)) ORDER BY passages.id",
            (json.dumps(sorted(documents)),),
        )
        return [int(row[0]) for row in rows]

    def first_passages(self, documents: Iterable[str]) -> list[int]:
        """The id of the first passage of each of these documents, in order."""
        rows = self._rows(
            "SELECT min(passages.id) FROM passages JOIN documents ON number = document"
            " WHERE documents.id IN (SELECT value FROM json_each(?)) GROUP BY number ORDER BY 1",
            (json.dumps(sorted(documents)),),
        )
        return [int(row[0]) for row in rows]

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with self.database.reading() as db:
            return db.execute(sql, values).fetchall()

    def _generation(self) -> int:
        """How many writes there were: what was derived from the store holds for one generation."""
        return int(self._rows("SELECT value FROM meta WHERE name = 'generation'")[0][0])


@dataclass(frozen=True, slots=True)
class _StoredLayout:
    """The layout of a document of the store, read page by page when it is asked for."""

    database: Database
    document: str

    def pages(self, start: int, end: int) -> list[PageLayout]:
        with self.database.reading() as db:
            rows = db.execute(
                "SELECT page, start, stop, lines FROM layouts JOIN documents ON number = document"
                " WHERE id = ? AND start < ? AND stop > ? ORDER BY page",
                (self.document, end, start),
            ).fetchall()
        return [PageLayout(*row) for row in rows]


_PASSAGE = """
SELECT passages.id, documents.id, start, stop, sentences, document
FROM passages JOIN documents ON documents.number = document
"""


def _text(db: sqlite3.Connection, number: int, start: int = 0, stop: int = 1 << 62) -> str:
    """A document's text from `start` to `stop`, read from the blocks that hold it."""
    first = start // BLOCK
    rows = db.execute(
        "SELECT text FROM texts WHERE document = ? AND block BETWEEN ? AND ? ORDER BY block",
        (number, first, (stop - 1) // BLOCK),
    )
    return "".join(row[0] for row in rows)[start - first * BLOCK : stop - first * BLOCK]


def _json(ids: Sequence[int]) -> str:
    return json.dumps([int(i) for i in ids])


def _pack(spans: Sequence[Span]) -> bytes:
    return np.array([(s.start, s.end) for s in spans], "<i4").tobytes()


def _passage(row: Sequence[Any], text: str) -> Passage:
    identity, document, start, stop, packed, _ = row
    pairs: NDArray[np.int32] = np.frombuffer(packed, "<i4").reshape(-1, 2)
    sentences = tuple(Span(first, last) for first, last in pairs.tolist())
    return Passage(identity, document, start, stop, text, sentences)


def _halves(vectors: Floats | Halves) -> Halves:
    return vectors.astype("<f2", copy=False)


def _digest(part: InContext) -> bytes:
    return hashlib.sha256(f"{part.context}\0{part.text}".encode()).digest()
