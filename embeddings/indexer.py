"""folder → Store, incrementally: what has not changed is neither read nor embedded again."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from embeddings.context import context, encode_in_context
from embeddings.documents import SUFFIXES, Document, find_documents, parse_document, read_bytes
from embeddings.encoder import Encoder
from embeddings.errors import DocumentError, StoreError
from embeddings.passages import MAX_TOKENS, OVERLAP_TOKENS, Window, split_passages
from embeddings.runtime import cache_folder
from embeddings.sentences import split_sentences
from embeddings.store import Settings, Store
from embeddings.tokens import DEFAULT_ENCODING, load_encoding

INDEX_FOLDER = ".pincite"
_PASSAGES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Progress:
    """How far indexing is, after the file at `path`; "" once all passages are embedded too.

    `remaining_seconds` is None until there is something to judge by.
    """

    done_bytes: int
    total_bytes: int
    path: str
    remaining_seconds: float | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read, and why."""

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
    embedded: int = 0
    """Passages that were embedded."""
    seconds: float = 0.0


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

    Raises `StoreError` where a file cannot be deleted.
    """
    try:
        for path in [*index.glob("index.sqlite*"), *index.glob("vectors-*.faiss")]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"The old index in {index} cannot be deleted: {error}.") from error


def index_folder(
    docs: Path,
    store: Store,
    encoder: Encoder,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """Brings the store level with the folder and says what was done.

    Files are compared by the hash of their bytes. One that cannot be read is named in the report
    and leaves the store. Raises `DocumentError`, with the store untouched, where the folder does
    not exist or holds no document at all.
    """
    run = _Run(store, encoder, progress)
    run.index(docs)
    return run.report


class _Run:
    """One pass over the folder; documents wait until enough passages are together to embed."""

    def __init__(
        self, store: Store, encoder: Encoder, progress: Callable[[Progress], None]
    ) -> None:
        self.report = Report()
        self._store = store
        self._encoder = encoder
        self._encoding = load_encoding(store.settings.encoding)
        self._tell = progress
        self._began = time.perf_counter()
        self._known = store.files()
        self._waiting: list[tuple[Document, list[Window]]] = []
        self._waiting_bytes = self._embedded_bytes = 0
        self._done_bytes = self._total_bytes = 0

    def index(self, docs: Path) -> None:
        paths = {path.relative_to(docs).as_posix(): path for path in find_documents(docs)}
        if not paths:
            raise DocumentError(
                f"There are no documents in {docs}. "
                f"Put files there that end in {', '.join(sorted(SUFFIXES))}."
            )
        sizes = {name: _size(path) for name, path in paths.items()}
        self._total_bytes = sum(sizes.values())
        for name, path in paths.items():
            try:
                self._take(name, path)
            except DocumentError as error:
                self.report.skipped.append(Skipped(name, str(error)))
            self._done_bytes += sizes[name]
            self._show(name)
        skipped = {skip.path for skip in self.report.skipped}
        if len(skipped) == len(paths):
            raise DocumentError(
                f"None of the {len(paths)} documents in {docs} can be read. "
                f"The first: {self.report.skipped[0].reason}"
            )
        self._embed()
        self._show("")
        for name in sorted(self._known.keys() - (paths.keys() - skipped)):
            self._store.remove(name)
            if name not in skipped:
                self.report.removed.append(name)
        self._store.warm()
        self.report.seconds = time.perf_counter() - self._began

    def _take(self, name: str, path: Path) -> None:
        data = read_bytes(path, name)
        identity = hashlib.sha256(data).hexdigest()
        before = self._known.get(name)
        if before == identity:
            self.report.unchanged.append(name)
            return
        if self._store.has(identity):
            self._store.link(name, identity)
        else:
            document = parse_document(data, name)
            windows = split_passages(
                document.text,
                split_sentences(document.text),
                self._encoding,
                max_tokens=self._store.settings.max_tokens,
                overlap_tokens=self._store.settings.overlap_tokens,
                fits=self._encoder.fits,
            )
            self._waiting.append((document, windows))
            self._waiting_bytes += len(data)
            if sum(len(windows) for _, windows in self._waiting) >= _PASSAGES_AT_ONCE:
                self._embed()
        (self.report.added if before is None else self.report.changed).append(name)

    def _embed(self) -> None:
        """Embeds the passages that wait, of all documents together, and stores these."""
        texts = [d.text[w.start : w.end] for d, windows in self._waiting for w in windows]
        contexts = [context(d) for d, windows in self._waiting for _ in windows]
        vectors = encode_in_context(self._encoder, texts, contexts)
        at = 0
        for document, windows in self._waiting:
            self._store.add(document, windows, vectors[at : at + len(windows)])
            at += len(windows)
        self.report.embedded += len(texts)
        self._embedded_bytes += self._waiting_bytes
        self._waiting, self._waiting_bytes = [], 0

    def _show(self, name: str) -> None:
        elapsed = time.perf_counter() - self._began
        done = self._done_bytes - self._waiting_bytes
        remaining = None
        if self._embedded_bytes:
            remaining = elapsed / self._embedded_bytes * (self._total_bytes - done)
        self._tell(Progress(done, self._total_bytes, name, remaining))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
