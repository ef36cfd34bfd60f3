"""folder → Store, incrementally: what has not changed is neither read nor embedded again."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embeddings.context import InContext, context, encode_in_context
from embeddings.database import FILE, explained, writing_alone
from embeddings.documents import Document, read_bytes
from embeddings.encoder import Encoder
from embeddings.errors import DocumentError, StoreBusyError
from embeddings.passages import MAX_TOKENS, OVERLAP_TOKENS, Window, split_passages
from embeddings.runtime import cache_folder
from embeddings.sentences import split_sentences
from embeddings.store import UNSURE, Known, Settings, Stamp, Store
from embeddings.survey import (
    FoundFile,
    Survey,
    contents_agree,
    no_documents,
    stamps_agree,
    survey,
)
from embeddings.tokens import DEFAULT_ENCODING, load_encoding
from embeddings.vectors import Halves
from embeddings.workers import COUNT, Workers

log = logging.getLogger(__name__)

INDEX_FOLDER = ".pincite"
WAIT_SECONDS = 2.0
"""How long another process's writing is waited for before that is said."""
_PASSAGES_AT_ONCE = 512
_FILES_AHEAD = 8
"""How many files are read and parsed while those before them are embedded."""
_PASSAGES_TOLD = 128
"""After so many embedded passages `progress` is told, so that a run can be ended by raising."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far indexing is, in or after the file at `path`; "" once all passages are embedded too.

    `remaining_seconds` is None until there is something to judge by.
    """

    done_bytes: int
    total_bytes: int
    path: str
    remaining_seconds: float | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read, or a folder that could not be listed, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Report:
    """What one run of `index_folder` did: the paths, sorted."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)
    """How many files are of kinds that are not read, by suffix; "" for none."""
    embedded: int = 0
    """Passages that were embedded."""
    seconds: float = 0.0


class NothingReadableError(DocumentError):
    """None of the folder's files can be read; `skipped` says why of each."""

    def __init__(self, message: str, skipped: list[Skipped]) -> None:
        super().__init__(message)
        self.skipped = skipped


def default_index(docs: Path) -> Path:
    """Where the index of `docs` is: `docs/.pincite`, or in the user's cache folder where `docs`
    cannot be written.
    """
    inside = docs / INDEX_FOLDER
    if os.access(inside if inside.exists() else docs, os.W_OK):
        return inside
    name = hashlib.sha256(str(docs.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache_folder() / "indexes" / f"{docs.resolve().name}-{name}"


def open_store(
    index: Path,
    encoder: Encoder,
    *,
    encoding: str = DEFAULT_ENCODING,
    max_tokens: int = MAX_TOKENS,
    overlap_tokens: int = OVERLAP_TOKENS,
) -> Store:
    """The store in `index` for this encoder, made if there is none."""
    settings = Settings(encoder.name, encoder.dimension, encoding, max_tokens, overlap_tokens)
    return Store.open(index, settings)


def remove_index(index: Path) -> None:
    """Deletes the index in that folder, and nothing else that may stand there.

    Raises `StoreError` where a file cannot be deleted, `StoreBusyError` while it is being written.
    """
    if not index.is_dir():
        return
    with writing_alone(index, 0), explained(index):
        for path in [*index.glob(f"{FILE}*"), *index.glob("vectors-*")]:
            path.unlink(missing_ok=True)


def index_folder(
    docs: Path,
    store: Store,
    encoder: Encoder,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    wait_seconds: float = WAIT_SECONDS,
    read_all: bool = False,
    purge: bool = False,
    workers: Workers | None = None,
) -> Report:
    """Brings the store level with the folder and says what was done.

    A file of the same size and time as before is taken for unchanged, unless `read_all`; else the
    hash of its bytes decides. One that cannot be read is named in the report and leaves the store;
    so is a folder below `docs` that cannot be listed, but what is known of its files stays.
    `workers` parse them, and are closed where that ends early; without any, some are started where
    there is something to parse. What `progress` raises ends the run; what is stored by then stays.

    With `purge` nothing is left in the store's files of what was deleted, by this or an earlier
    run: they are written anew, which takes time where the index is large.

    Raises `DocumentError`, with the store untouched where the folder does not exist or holds no
    document at all (with `purge` it is emptied then), and `StoreBusyError` where there is something
    to do and another process is at it for longer than `wait_seconds`.
    """
    began = time.perf_counter()
    found = survey(docs)
    files = found.files
    if not files and not purge:
        raise no_documents(docs, found)
    if store.untold():
        with suppress(StoreBusyError), store.alone(0):  # who is at it now does it too
            store.tell_languages()
    known = found.in_sight(store.known())
    if not read_all and stamps_agree(files, known):
        report = _unchanged(files, known)
    else:
        level = not read_all and contents_agree(files, known)
        try:
            with ExitStack() as stack:
                stack.enter_context(store.alone(0 if level else wait_seconds))
                parsing = workers or stack.enter_context(Workers())
                run = _Run(store, encoder, progress, parsing, read_all=read_all)
                report = run.index(found)
        except StoreBusyError:
            if not level:
                raise
            report = _unchanged(files, known)  # the new stamps can wait
    if purge and not store.is_purged():
        with suppress(StoreBusyError), store.alone(0):  # who is at it now does it too
            store.purge()
    if not files:
        raise no_documents(docs, found)
    if len(report.skipped) == len(files):
        raise NothingReadableError(
            f"None of the {len(files)} documents in {docs} can be read. "
            f"The first: {report.skipped[0].reason}",
            report.skipped,
        )
    store.warm()
    unlisted = [Skipped(name, reason) for name, reason in found.unlisted.items()]
    report.skipped = sorted(report.skipped + unlisted, key=lambda skip: skip.path)
    report.unread = found.unread
    report.seconds = time.perf_counter() - began
    return report


def _unchanged(files: dict[str, FoundFile], known: dict[str, Known]) -> Report:
    reasons = {name: known[name].reason for name in files if name in known}
    skipped = [Skipped(name, reason) for name, reason in reasons.items() if reason is not None]
    return Report(
        unchanged=[name for name, reason in reasons.items() if reason is None], skipped=skipped
    )


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A file's hash, and its document or why it has none; neither where the store has it."""

    identity: str
    document: Document | None = None
    reason: str | None = None


class _Run:
    """One pass over the folder; documents wait until enough passages are together to embed."""

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        progress: Callable[[Progress], None],
        workers: Workers,
        *,
        read_all: bool,
    ) -> None:
        self._report = Report()
        self._store = store
        self._encoder = encoder
        self._encoding = load_encoding(store.settings.encoding)
        self._tell = progress
        self._workers = workers
        self._read_all = read_all
        self._began = time.perf_counter()
        self._known = store.known()
        self._stamps: dict[str, Stamp] = {}
        self._refused: dict[str, tuple[str, Stamp]] = {}
        self._waiting: list[tuple[Document, list[Window], Stamp]] = []
        self._ready: dict[InContext, Halves] = {}  # vectors of what is replaced or cut short
        self._waiting_bytes = self._embedded_bytes = 0
        self._done_bytes = self._total_bytes = 0

    def index(self, found: Survey) -> Report:
        report, files = self._report, found.files
        self._total_bytes = sum(file.stamp.size for file in files.values())
        ahead: deque[tuple[str, FoundFile, Future[_Loaded] | None]] = deque()
        threads = ThreadPoolExecutor(COUNT, "reading")
        try:
            for name, file in files.items():
                ahead.append((name, file, self._begin(name, file, threads)))
                if len(ahead) > _FILES_AHEAD:
                    self._finish(*ahead.popleft())
            while ahead:
                self._finish(*ahead.popleft())
        except BaseException:
            self._workers.close()  # so that nothing is waited for
            raise
        finally:
            threads.shutdown(cancel_futures=True)
        self._embed()
        self._show("")
        self._store.restamp(self._stamps)
        for name, (reason, stamp) in self._refused.items():
            if self._known.get(name) != Known(None, reason, stamp):
                self._store.refuse(name, reason, stamp)
        for name in sorted(found.in_sight(self._known).keys() - files.keys()):
            self._store.remove(name)
            if self._known[name].document is not None:
                report.removed.append(name)
        self._store.drop_drafts()  # of a long document that changed before it was whole
        return report

    def _begin(
        self, name: str, file: FoundFile, threads: ThreadPoolExecutor
    ) -> Future[_Loaded] | None:
        """The file as it is being read; None where its stamp says that it is as before."""
        before = self._known.get(name)
        known = before is not None and file.stamp.sure and file.stamp == before.stamp
        return None if known and not self._read_all else threads.submit(self._load, name, file)

    def _load(self, name: str, file: FoundFile) -> _Loaded:
        data = read_bytes(file.path, name)
        identity = hashlib.sha256(data).hexdigest()
        if self._store.has(identity):
            return _Loaded(identity)
        try:
            return _Loaded(identity, self._workers.parse(data, name))
        except DocumentError as error:
            return _Loaded(identity, reason=str(error))

    def _finish(self, name: str, file: FoundFile, loading: Future[_Loaded] | None) -> None:
        before = self._known.get(name)
        self._done_bytes += file.stamp.size
        if loading is not None:
            try:
                self._take(name, file, before, loading.result())
            except DocumentError as error:
                self._refuse(name, str(error), UNSURE)
        elif before is not None and before.reason is not None:
            self._refuse(name, before.reason, file.stamp)
        else:
            self._report.unchanged.append(name)
        self._show(name)

    def _take(self, name: str, file: FoundFile, before: Known | None, loaded: _Loaded) -> None:
        if before is not None and before.document == loaded.identity:
            self._report.unchanged.append(name)
            if file.stamp != before.stamp:
                self._stamps[name] = file.stamp
            return
        if loaded.reason is not None:
            self._refuse(name, loaded.reason, file.stamp)
            return
        if self._store.has(loaded.identity):
            self._store.link(name, loaded.identity, file.stamp)
        elif loaded.document is None:  # it has left the store since
            self._take(name, file, before, self._load(name, file))
            return
        else:
            for note in loaded.document.notes:
                log.warning("%s: %s", name, note)
            self._put(loaded.document, file.stamp, None if before is None else before.document)
        new = before is None or before.document is None
        (self._report.added if new else self._report.changed).append(name)

    def _refuse(self, name: str, reason: str, stamp: Stamp) -> None:
        self._report.skipped.append(Skipped(name, reason))
        self._refused[name] = reason, stamp

    def _put(self, document: Document, stamp: Stamp, before: str | None) -> None:
        """Stores the document now if it is long, else together with the next ones.

        `before` is the document that it takes the place of: what they share is not embedded again.
        """
        windows = split_passages(
            document.text,
            split_sentences(document.text, document.language),
            self._encoding,
            max_tokens=self._store.settings.max_tokens,
            overlap_tokens=self._store.settings.overlap_tokens,
            fits=self._encoder.fits,
        )
        if before is not None:
            store = self._store
            self._ready |= zip(store.embedded(before), store.vectors_of(before), strict=True)
        if len(windows) > _PASSAGES_AT_ONCE:
            self._put_long(document, windows, stamp)
            return
        self._waiting.append((document, windows, stamp))
        self._waiting_bytes += stamp.size
        if sum(len(windows) for _, windows, _ in self._waiting) >= _PASSAGES_AT_ONCE:
            self._embed()

    def _embed(self) -> None:
        """Embeds the passages that wait, of all documents together, and stores these."""

        def told(share: float) -> None:
            self._show(self._waiting[-1][0].path, int(share * self._waiting_bytes))

        parts = [p for d, windows, _ in self._waiting for p in _parts(d, windows)]
        vectors = self._vectors(parts, told)
        at = 0
        for document, windows, stamp in self._waiting:
            self._store.add(document, windows, vectors[at : at + len(windows)], stamp)
            at += len(windows)
        self._embedded_bytes += self._waiting_bytes
        self._waiting, self._waiting_bytes = [], 0
        self._ready.clear()

    def _put_long(self, document: Document, windows: list[Window], stamp: Stamp) -> None:
        """Embeds a long document part by part, each kept, so that a run cut short goes on there."""
        vectors = np.empty((len(windows), self._encoder.dimension), np.float16)
        self._waiting_bytes += stamp.size  # no more is done of it than what is embedded
        embedded = self._embedded_bytes
        for at in range(0, len(windows), _PASSAGES_AT_ONCE):
            parts = _parts(document, windows[at : at + _PASSAGES_AT_ONCE])
            self._ready |= self._store.drafts(parts)

            def told(share: float, at: int = at, size: int = len(parts)) -> None:
                bytes_in = int(stamp.size * (at + share * size) / len(windows))
                self._embedded_bytes = embedded + bytes_in
                self._show(document.path, bytes_in)

            vectors[at : at + len(parts)] = made = self._vectors(parts, told)
            self._store.keep_drafts(parts, made)
            told(1.0)
        self._store.add(document, windows, vectors, stamp)
        self._store.drop_drafts(_parts(document, windows))
        self._waiting_bytes -= stamp.size
        if not self._waiting:
            self._ready.clear()

    def _vectors(self, parts: list[InContext], told: Callable[[float], None]) -> Halves:
        """The vectors of the parts, those that are ready not being made again.

        `told` is given the share that is done, 0 to 1, before every few that are made.
        """
        vectors = np.empty((len(parts), self._encoder.dimension), np.float16)
        missing = []
        for row, part in enumerate(parts):
            if (ready := self._ready.get(part)) is None:
                missing.append(row)
            else:
                vectors[row] = ready
        for at in range(0, len(missing), _PASSAGES_TOLD):
            told(at / len(missing))
            rows = missing[at : at + _PASSAGES_TOLD]
            vectors[rows] = encode_in_context(self._encoder, [parts[row] for row in rows])
        self._report.embedded += len(missing)
        return vectors

    def _show(self, name: str, embedded_of_waiting: int = 0) -> None:
        elapsed = time.perf_counter() - self._began
        done = self._done_bytes - self._waiting_bytes + embedded_of_waiting
        remaining = None
        if self._embedded_bytes:
            remaining = elapsed / self._embedded_bytes * (self._total_bytes - done)
        self._tell(Progress(done, self._total_bytes, name, remaining))


def _parts(document: Document, windows: Sequence[Window]) -> list[InContext]:
    """What is embedded for each of these windows of the document."""
    about = context(document)
    return [InContext(document.text[w.start : w.end], about) for w in windows]
