"""A store's vectors in memory: brought level with SQLite before each search, and kept in a file.

Passages are numbered upwards and never anew, so what is missing are the numbers above the last,
and what is gone shows in the count. A file that is behind is followed up, not made again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from embeddings.database import Database
from embeddings.runtime import Ints
from embeddings.vectors import VectorIndex

_AT_ONCE = 4096
_SAVED_ABOVE = 0.02
"""The share of vectors that may differ from the file before it is written again: to follow so few
at opening takes less time than to write them all."""


class Nearest:
    """The vectors of the passages in `database`."""

    def __init__(self, database: Database, dimension: int) -> None:
        self.file = database.folder / f"vectors-{database.identity}.faiss"
        self._database = database
        self._dimension = dimension
        self._lock = threading.RLock()
        self._index: VectorIndex | None = None
        self._usable = False  # whether the file was
        self._generation = -1
        self._unsaved = 0

    @contextmanager
    def level(self) -> Iterator[VectorIndex]:
        """The vectors as SQLite has them now, for this thread alone until the block ends."""
        with self._lock, self._database.snapshot(), self._database.reading() as db:
            if self._index is None:
                self._index = VectorIndex.load(self.file, self._dimension)
                self._usable = self._index is not None
                self._index = self._index or VectorIndex.empty(self._dimension)
            sql = "SELECT value FROM meta WHERE name = 'generation'"
            generation = int(db.execute(sql).fetchone()[0])
            if generation > self._generation:
                self._index = self._followed(self._index)
                self._generation = generation
            yield self._index

    def keep(self, *, exactly: bool = False) -> None:
        """Writes the file where it is missing, or where too much has changed since it was.

        `exactly`: where anything has.
        """
        with self.level() as index:
            allowed = 0 if exactly else _SAVED_ABOVE * len(index)
            if not self.file.is_file() or self._unsaved > allowed:
                index.save(self.file)
                self._unsaved = 0

    def fault(self) -> str | None:
        """What is wrong with the file, once followed up to now; None where nothing is."""
        with self._lock:
            self._forget()
            if not self.file.is_file():
                return "it is missing"
            with self.level() as index, self._database.reading() as db:
                if not self._usable:
                    return "it cannot be read, or lacks passages"
                cursor = db.execute("SELECT id, vector FROM passages ORDER BY id")
                for ids, vectors in index.batches():
                    rows = cursor.fetchmany(len(ids))
                    if [row[0] for row in rows] != ids.tolist():
                        return "it holds other passages than the store"
                    if b"".join(row[1] for row in rows) != vectors.astype("<f2").tobytes():
                        return f"vectors among the passages {ids[0]} to {ids[-1]} differ"
        return None

    def remake(self) -> None:
        """Makes the file anew from SQLite, without embedding again."""
        with self._lock:
            self.file.unlink(missing_ok=True)
            self._forget()
            self.keep()

    def _forget(self) -> None:
        self._index = None
        self._generation = -1
        self._unsaved = 0

    def _followed(self, index: VectorIndex) -> VectorIndex:
        """The index with what is new in SQLite added, and what is gone removed.

        An older state's then holds all there is, and a newer one's nothing else, so that equal
        counts mean equal passages.
        """
        before = len(index)
        self._add_above(index)
        added = len(index) - before
        count, highest = self._count()
        if len(index) > count or index.last > highest:
            index.remove(np.setdiff1d(index.ids, self._ids(), assume_unique=True))
        removed = before + added - len(index)
        self._unsaved += added + removed
        if len(index) != count:  # it lacked some: a newer state's, or another index's
            self._usable = False
            index = VectorIndex.empty(self._dimension)
            self._add_above(index)
            self._unsaved = count
        return index

    def _add_above(self, index: VectorIndex) -> None:
        with self._database.reading() as db:
            sql = "SELECT id, vector FROM passages WHERE id > ? ORDER BY id"
            cursor = db.execute(sql, (index.last,))
            while rows := cursor.fetchmany(_AT_ONCE):
                vectors = np.frombuffer(b"".join(row[1] for row in rows), "<f2")
                index.add([row[0] for row in rows], vectors.reshape(len(rows), -1))

    def _count(self) -> tuple[int, int]:
        """How many passages there are, and the highest id."""
        with self._database.reading() as db:
            row = db.execute("SELECT count(*), (SELECT max(id) FROM passages) FROM passages")
            count, highest = row.fetchone()
            return count, highest or 0

    def _ids(self) -> Ints:
        """The ids of all passages, ascending."""
        with self._database.reading() as db:  # unordered, the narrow index gives them quickest
            ids = np.fromiter((row[0] for row in db.execute("SELECT id FROM passages")), np.int64)
        return np.sort(ids)
