"""What an index holds: its files, documents and passages, as `Store` reads them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.context import InContext
from embeddings.database import Database, Settings
from embeddings.documents import Document
from embeddings.layout import NO_LAYOUT, Layout, PageLayout
from embeddings.passages import Passage
from embeddings.runtime import Floats
from embeddings.sentences import Span
from embeddings.vectors import Halves

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


class Contents:
    """What can be looked up in an index."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.folder = database.folder
        self.settings = settings
        self.database = database
        self._document = lru_cache(maxsize=16)(self._read_document)

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
            text = text_of(db, number)
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
        wanted = as_json(ids)
        with self.database.reading() as db:
            rows = db.execute(
                f"{_PASSAGE} WHERE passages.id IN (SELECT value FROM json_each(?))", (wanted,)
            ).fetchall()
            found = {row[0]: _passage(row, text_of(db, row[5], row[2], row[3])) for row in rows}
        return [found[i] for i in ids if i in found]

    def documents_of(self, ids: Sequence[int]) -> dict[int, str]:
        """The id of the document that each of these passages is from; none for one that is gone."""
        return dict(
            self._rows(
                "SELECT passages.id, documents.id FROM passages JOIN documents ON number = document"
                " WHERE passages.id IN (SELECT value FROM json_each(?))",
                (as_json(ids),),
            )
        )

    def passages_of(self, document: str) -> list[Passage]:
        """The passages of one document, in its order."""
        with self.database.reading() as db:
            found = db.execute(
                f"{_PASSAGE} WHERE documents.id = ? ORDER BY passages.id", (document,)
            ).fetchall()
            text = text_of(db, found[0][5]) if found else ""
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
            (as_json(ids),),
        )
        found = {i: np.frombuffer(vector, "<f2") for i, vector in rows}
        gone = np.zeros(self.settings.dimension, "<f2")
        vectors = [found.get(i, gone) for i in ids]
        return np.array(vectors, np.float32).reshape(len(ids), self.settings.dimension)

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


def text_of(db: sqlite3.Connection, number: int, start: int = 0, stop: int = 1 << 62) -> str:
    """A document's text from `start` to `stop`, read from the blocks that hold it."""
    first = start // BLOCK
    rows = db.execute(
        "SELECT text FROM texts WHERE document = ? AND block BETWEEN ? AND ? ORDER BY block",
        (number, first, (stop - 1) // BLOCK),
    )
    return "".join(row[0] for row in rows)[start - first * BLOCK : stop - first * BLOCK]


def as_json(ids: Sequence[int]) -> str:
    """The ids as SQLite's `json_each` takes them."""
    return json.dumps([int(i) for i in ids])


def _passage(row: Sequence[Any], text: str) -> Passage:
    identity, document, start, stop, packed, _ = row
    pairs: NDArray[np.int32] = np.frombuffer(packed, "<i4").reshape(-1, 2)
    sentences = tuple(Span(first, last) for first, last in pairs.tolist())
    return Passage(identity, document, start, stop, text, sentences)
