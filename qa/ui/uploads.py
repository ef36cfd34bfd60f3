"""Files that people add on the page: taken in within limits, indexed with progress, removed again.

They lie in the folder `uploads` of the folder that the store indexes, so that they are documents
like any other: their paths begin with `uploads/`.
"""

from __future__ import annotations

import filecmp
import logging
import secrets
import threading
from collections.abc import Callable, Container, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypedDict

from embeddings.encoder import Encoder
from embeddings.errors import PinciteError
from embeddings.indexer import NothingReadableError, Progress, Skipped, index_folder
from embeddings.store import Store
from qa.ui.admission import Limits, UploadRefusedError, admitted, numbered
from qa.ui.progress import Tally, size_of

log = logging.getLogger(__name__)

FOLDER = "uploads"
_WAIT_SECONDS = 600.0
"""How long another process that indexes the same folder is waited for."""
_REMOVE_WAIT_SECONDS = 2.0


class Work(TypedDict):
    """What is being done with the uploads; `share` is how much of it is done, 0 to 1."""

    working: bool
    share: float
    text: str
    notes: list[str]


class _StoppedError(Exception):
    """Indexing was cancelled."""


class Uploads:
    """The files added to the folder `docs`, which `store` indexes."""

    def __init__(
        self,
        docs: Path,
        store: Store,
        encoder: Encoder,
        worker: Executor,
        limits: Limits,
        *,
        taken: Callable[[], Container[str]] = tuple,
    ) -> None:
        self.store = store
        self._docs = docs
        self._folder = docs / FOLDER
        self._encoder = encoder
        self._worker = worker
        self._limits = limits
        self._taken = taken  # paths of other stores that are not to be used again
        self._lock = threading.RLock()
        self._incoming: dict[Path, int] = {}
        self._new: set[str] = set()  # taken in, and not indexed yet
        self._notes: list[str] = []
        self._job: Future[None] | None = None
        self._again = False
        self._stopped = threading.Event()
        self._tally = Tally()

    @contextmanager
    def receiving(self, name: str, size: int) -> Iterator[BinaryIO]:
        """A file to write an upload's `size` bytes to; it is taken in where the block ends well.

        Raises `UploadRefusedError` where that name or size is not taken, or bytes are missing.
        """
        path = self._folder / f".incoming-{secrets.token_hex(8)}"
        with self._lock:
            sizes = [*self._sizes(), *self._incoming.values()]
            clean = admitted(name, size, sizes, self._limits, self._docs)
            self._incoming[path] = size
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                yield file
            if path.stat().st_size != size:
                raise UploadRefusedError(f"{clean} did not come whole. Add it again.")
            with self._lock:
                self._keep(path, clean)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UploadRefusedError(f"{clean} cannot be stored: {reason}.") from error
        finally:
            with self._lock:
                del self._incoming[path]
            path.unlink(missing_ok=True)

    def index(self) -> None:
        """Starts to index what was added, after the uploads that others wait for."""
        with self._lock:
            if self._job is not None and not self._job.done():
                self._again = True
                return
            self._notes.clear()
            self._stopped.clear()
            self._tally = Tally()
            self._job = self._worker.submit(self._run)

    def cancel(self) -> None:
        """Stops indexing soon; what is indexed by then stays, the other new files are deleted."""
        with self._lock:
            self._again = False
            self._stopped.set()

    def work(self) -> Work:
        """What is being done now, and what there is to tell of what was done last."""
        with self._lock:
            working = self._job is not None and not self._job.done()
            share, path = self._tally.share, self._tally.path
            if not working:
                text = ""
            elif self._stopped.is_set():
                text = "Stopping"
            elif self._job is not None and not self._job.running():
                text = "Waiting for the files of others"
            else:
                text = f"Reading {PurePosixPath(path).name}" if path else "Reading"
            notes = list(self._notes)
            return {"working": working, "share": round(share, 3), "text": text, "notes": notes}

    def remove(self, path: str) -> None:
        """Deletes an uploaded file and forgets its document.

        Raises `KeyError` for any other, `StoreBusyError` while files are being indexed.
        """
        if path not in self.paths():
            raise KeyError(path)
        with self.store.alone(_REMOVE_WAIT_SECONDS):
            (self._docs / path).unlink(missing_ok=True)
            self.store.remove(path)

    def paths(self) -> set[str]:
        """The paths of the uploaded documents that are indexed."""
        return {path for path in self.store.known() if path.startswith(f"{FOLDER}/")}

    def close(self) -> None:
        """Ends what is being done."""
        self.cancel()
        with self._lock:
            job = self._job
        if job is not None and not job.cancel():
            with suppress(Exception):
                job.result()

    # Taking in

    def _sizes(self) -> list[int]:
        try:
            return [f.stat().st_size for f in self._folder.iterdir() if f.name[0] != "."]
        except OSError:
            return []

    def _keep(self, partial: Path, name: str) -> None:
        """Moves what came in to its place, unless the same file is there under that name."""
        present = self._folder / name
        if present.is_file() and filecmp.cmp(partial, present, shallow=False):
            return
        taken = self._taken()
        free = next(
            n
            for n in numbered(name)
            if not (self._folder / n).exists() and f"{FOLDER}/{n}" not in taken
        )
        partial.rename(self._folder / free)
        self._new.add(f"{FOLDER}/{free}")

    # Indexing

    def _run(self) -> None:
        while True:
            with self._lock:
                if self._again:  # what was cancelled is over; these came after it
                    self._again = False
                    self._stopped.clear()
                new = set(self._new)
            try:
                self._index(new)
            except Exception:
                log.exception("uploads could not be indexed")
                self._note("The files could not be indexed: Pincite has a fault; see its log.")
            with self._lock:
                self._new -= new
                if not self._again:
                    return

    def _index(self, new: set[str]) -> None:
        sizes = {path: size_of(self._docs / path) for path in new}
        self._tally = tally = Tally(self._docs, sizes)

        def told(progress: Progress) -> None:
            tally.told(progress)
            self._look()

        skipped: list[Skipped] = []
        try:
            self._look()
            report = index_folder(
                self._docs, self.store, self._encoder, progress=told, wait_seconds=_WAIT_SECONDS
            )
            skipped = report.skipped
        except _StoppedError:
            for path in sorted(new - self.store.files().keys()):
                self._forget(path)
            self._note("Stopped. What was read by then is kept.")
        except NothingReadableError as error:
            skipped = error.skipped
        except PinciteError as error:
            self._note(str(error))
        for skip in skipped:
            if skip.path in new:  # of no use to anyone; the person has the file
                self._forget(skip.path)
                self._note(skip.reason.removeprefix(f"{FOLDER}/"))

    def _look(self) -> None:
        if self._stopped.is_set():
            raise _StoppedError

    def _forget(self, path: str) -> None:
        (self._docs / path).unlink(missing_ok=True)
        if path in self.store.known():
            self.store.remove(path)

    def _note(self, text: str) -> None:
        with self._lock:
            self._notes.append(text)
