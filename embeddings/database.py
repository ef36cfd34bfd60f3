"""The SQLite file under a store: its tables, its connections, and who may write when.

Any number of threads and processes read at once, each from a state of its own that no writer
disturbs; one writes (WAL). A transaction is there whole or not at all, whenever a process dies.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from embeddings.errors import StoreBusyError, StoreError

FORMAT = 4
"""Raised whenever an older index cannot be read as it is any more."""
_UPGRADES = {"3": "ALTER TABLE documents ADD COLUMN language TEXT"}
"""What brings an index of an earlier format to the next one."""
FILE = "index.sqlite"
TERMS = """USING fts5 (
    context, text, content = '', tokenize = "porter unicode61 remove_diacritics 2"
)"""

_SCHEMA = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    context TEXT NOT NULL, pages TEXT NOT NULL, author TEXT, date TEXT, source TEXT,
    language TEXT
);
CREATE TABLE texts (
    document INTEGER NOT NULL REFERENCES documents (number), block INTEGER NOT NULL,
    text TEXT NOT NULL, PRIMARY KEY (document, block)
);
CREATE TABLE layouts (
    document INTEGER NOT NULL REFERENCES documents (number), page INTEGER NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, lines BLOB NOT NULL,
    PRIMARY KEY (document, page)
);
CREATE TABLE files (
    path TEXT PRIMARY KEY, document INTEGER REFERENCES documents (number),
    reason TEXT, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL
);
CREATE INDEX files_of_document ON files (document);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL REFERENCES documents (number),
    start INTEGER NOT NULL, stop INTEGER NOT NULL, sentences BLOB NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX passages_of_document ON passages (document);
CREATE TABLE drafts (digest BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE terms {TERMS};
"""
_WAIT_MS = 30_000
_PURGED = "purged"
"""Is in `meta` where the file holds nothing of what was deleted. An earlier version left it out."""
_REMADE = "Make it again with `pincite index DOCS --rebuild`, or choose another with --index."


@dataclass(frozen=True, slots=True)
class Settings:
    """What an index was made with; another setting needs another index."""

    model: str
    dimension: int
    encoding: str
    max_tokens: int
    overlap_tokens: int


class Database:
    """The SQLite file in `folder`, made if there is none. Safe to use from several threads.

    Raises `StoreError` where the file there was made with other settings, by another version, or
    cannot be read or written.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self._idle: list[sqlite3.Connection] = []
        self._held = threading.local()
        self._closed = False
        self._place: tuple[int, int] | None = None
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not (ignored := folder / ".gitignore").exists():
                ignored.write_text("*\n", "ascii")
        try:
            with self.reading() as db:
                if not _has_tables(db):
                    with writing_alone(folder, _WAIT_MS / 1000):
                        _create(db, settings)
                _upgrade(db)
                self.identity = _checked(db, folder, settings)
                self._place = self._present_place()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Releases the file; connections in use are closed when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread: that of the snapshot or the transaction it is in, if any.

        What SQLite reports becomes a `StoreError`.
        """
        held: sqlite3.Connection | None = getattr(self._held, "connection", None)
        with explained(self.folder):
            if held is not None:
                yield held
                return
            with self._borrowed() as db:
                yield db

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that this thread reads inside comes from one state, whoever writes meanwhile."""
        if getattr(self._held, "connection", None) is not None:
            yield
            return
        with self._borrowed() as db, self._transaction(db, "BEGIN"):
            yield

    @contextmanager
    def writing(self, *, visible: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction, undone where the block raises. Not to be begun inside a snapshot.

        `visible` says that what can be searched changes: derived things are then brought level.
        """
        with (
            explained(self.folder),
            self._borrowed() as db,
            self._transaction(db, "BEGIN IMMEDIATE"),
        ):
            yield db
            if visible:
                db.execute("UPDATE meta SET value = value + 1 WHERE name = 'generation'")

    @staticmethod
    def deleted(db: sqlite3.Connection) -> None:
        """Notes, in the transaction that deletes something, that there is something to purge."""
        db.execute("DELETE FROM meta WHERE name = ?", (_PURGED,))

    def is_purged(self) -> bool:
        """Whether nothing was deleted since `purge`."""
        with self.reading() as db:
            found = db.execute("SELECT 1 FROM meta WHERE name = ?", (_PURGED,)).fetchone()
            return found is not None

    def purge(self) -> None:
        """Takes what was deleted out of the files: until then FTS5 and the WAL have it yet.

        `secure_delete` is not enough, for SQLite leaves copies behind where it moves rows. To be
        done again where a reader is in the way for so long that the WAL cannot be emptied.
        """
        with self.writing(visible=False) as db:
            db.execute("INSERT INTO terms (terms) VALUES ('optimize')")
        with self.reading() as db:
            db.execute("VACUUM")
            (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            with self.writing(visible=False) as db:
                db.execute("INSERT OR REPLACE INTO meta VALUES (?, '1')", (_PURGED,))

    @contextmanager
    def _transaction(self, db: sqlite3.Connection, begin: str) -> Iterator[None]:
        """Holds `db` for what this thread does inside, in one transaction."""
        with explained(self.folder):
            db.execute(begin)
        self._held.connection = db
        try:
            yield
            db.execute("COMMIT")
        finally:
            self._held.connection = None
            if db.in_transaction:  # unless it is done, or a full disk rolled it back already
                db.execute("ROLLBACK")

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        with explained(self.folder):
            db = self._connection()
        try:
            yield db
        finally:
            self._idle.append(db)
            if self._closed:
                self.close()

    def _present_place(self) -> tuple[int, int] | None:
        """What tells the file from another of that name; None where there is none."""
        try:
            status = (self.folder / FILE).stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _connection(self) -> sqlite3.Connection:
        if self._place is not None and self._present_place() != self._place:
            raise StoreError(
                f"The index in {self.folder} was removed or made anew by another process; "
                "open it again."
            )
        try:
            return self._idle.pop()
        except IndexError:
            connection = sqlite3.connect(
                self.folder / FILE,
                timeout=_WAIT_MS / 1000,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            return connection


@contextmanager
def writing_alone(folder: Path, wait_seconds: float) -> Iterator[None]:
    """Lets no other process bring the index in `folder` up to date until the block ends.

    The lock goes with the process that holds it, however that ends. Raises `StoreBusyError` where
    another still has it after `wait_seconds`.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "writer.lock", timeout=wait_seconds, is_singleton=False)
    with explained(folder):
        try:
            lock.acquire(poll_interval=0.02)
        except Timeout as error:
            raise StoreBusyError(
                f"Another process is writing the index in {folder}. Try again when that has "
                "ended, or choose another index with --index."
            ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def explained(folder: Path) -> Iterator[None]:
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


def _has_tables(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def _create(db: sqlite3.Connection, settings: Settings) -> None:
    """Makes the tables, unless another process was quicker."""
    if _has_tables(db):
        return
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in _SCHEMA.split(";\n"):
            db.execute(statement)
        meta = {
            "format": FORMAT,
            "identity": secrets.token_hex(8),
            "generation": 0,
            _PURGED: 1,
            **asdict(settings),
        }
        rows = [(name, str(value)) for name, value in meta.items()]
        db.executemany("INSERT INTO meta VALUES (?, ?)", rows)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _upgrade(db: sqlite3.Connection) -> None:
    """Brings the tables to this format where they are of an earlier one that can be."""
    sql = "SELECT value FROM meta WHERE name = 'format'"
    try:
        if db.execute(sql).fetchone()[0] not in _UPGRADES:
            return
    except (sqlite3.OperationalError, TypeError):  # no index of ours: `_checked` says so
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        while (statement := _UPGRADES.get(db.execute(sql).fetchone()[0])) is not None:
            db.execute(statement)
            db.execute("UPDATE meta SET value = value + 1 WHERE name = 'format'")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _checked(db: sqlite3.Connection, folder: Path, settings: Settings) -> str:
    """The index's identity. Raises `StoreError` where it is not one that `settings` can use."""
    try:
        meta = dict(db.execute("SELECT name, value FROM meta"))
    except sqlite3.OperationalError:
        meta = {}
    if meta.get("format") != str(FORMAT):
        raise StoreError(
            f"The index in {folder} has format {meta.get('format')}, this version of pincite "
            f"reads format {FORMAT}. {_REMADE}"
        )
    for name, value in asdict(settings).items():
        if meta.get(name) != str(value):
            raise StoreError(
                f"The index in {folder} was made with {name} {meta.get(name)}, and {value} is "
                f"asked for now. {_REMADE}"
            )
    return str(meta["identity"])
