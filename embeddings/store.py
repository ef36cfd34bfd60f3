"""Passages, terms and vectors on disk: one SQLite file is the truth, the FAISS file is derived.

Filled by `indexer`, searched by `qa.retrieve`. A document comes or goes in one transaction, so a
store killed at any moment opens with each document either as before or as after. A document is
known by the hash of its bytes; files are names for it, and several may be names for one.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from embeddings.contents import BLOCK, UNSURE, Known, Listing, Stamp, text_of
from embeddings.context import InContext, context
from embeddings.database import Database, Settings, writing_alone
from embeddings.documents import Document
from embeddings.languages import ENGLISH, detect_language
from embeddings.passages import Window
from embeddings.runtime import Floats
from embeddings.searchable import Searchable
from embeddings.sentences import Span
from embeddings.vectors import Halves

__all__ = ["BLOCK", "UNSURE", "Known", "Listing", "Settings", "Stamp", "Store"]


class Store(Searchable):
    """A folder that holds an index. Safe to use from several threads.

        with Store.open(Path("seeds/.pincite"), settings) as store:
            store.nearest(vector, 10)

    `open` makes the folder where there is none. Raises `StoreError` where the index there was
    made with other settings, by another version, or cannot be read or written.
    """

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

    def is_purged(self) -> bool:
        """Whether the files hold nothing of what was deleted."""
        return self.database.is_purged()

    def purge(self) -> None:
        """Takes what was deleted out of the files."""
        self.vectors.keep(exactly=True)
        self.database.purge()

    def tell_languages(self) -> None:
        """Settles the languages of documents that an earlier version stored without.

        They were split as English: those in another language are forgotten, with their files, to be
        indexed again.
        """
        untold = self.untold()
        if not untold:
            return
        with self.database.writing() as db:
            for number in untold:
                language = detect_language(text_of(db, number))
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
            self.database.deleted(db)
            self._drop_unnamed(db, number)

    def _drop_unnamed(self, db: sqlite3.Connection, number: int | None) -> None:
        if number is None:
            return
        if db.execute("SELECT 1 FROM files WHERE document = ?", (number,)).fetchone():
            return
        sql = "SELECT context FROM documents WHERE number = ?"
        (about,), text = db.execute(sql, (number,)).fetchone(), text_of(db, number)
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
        self.database.deleted(db)


def _pack(spans: Sequence[Span]) -> bytes:
    return np.array([(s.start, s.end) for s in spans], "<i4").tobytes()


def _halves(vectors: Floats | Halves) -> Halves:
    return vectors.astype("<f2", copy=False)


def _digest(part: InContext) -> bytes:
    return hashlib.sha256(f"{part.context}\0{part.text}".encode()).digest()
