"""bytes → Document in a process of its own, so that a hostile file costs itself and nothing else.

A parser may loop, eat memory or crash; then its process ends, the file is refused with a plain
reason, and the next one gets a new process. The processes are plain `subprocess` ones that talk
over pipes: `multiprocessing` would run the user's script again where it has no
`if __name__ == "__main__"`.
"""

from __future__ import annotations

import io
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, is_dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from embeddings.documents import Document, parse_document, tell_language
from embeddings.errors import DocumentError
from embeddings.worker import DOCUMENT, FAILED, HEADER_BYTES, MEMORY, REFUSED, write_frame

log = logging.getLogger(__name__)

COUNT = 2
"""How many processes at most; parsing is a small part of indexing beside embedding."""
_AT_HOME = frozenset({".txt", ".text"})
"""Read in this process: decoding has no parser to fear, and so a folder of text starts none."""
_CLOSED = "The workers are closed; make others."
_ADVICE = "save it again in the program it is from, convert it to another format, or remove it"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost; the time grows with its size."""

    seconds: float = 60.0
    seconds_per_megabyte: float = 5.0
    memory_bytes: int = 2 << 30
    document_bytes: int = 256 << 20


class Workers:
    """Up to `COUNT` processes that parse, started when they are needed and kept until `close`.

        with Workers() as workers:
            workers.parse(data, "report.pdf")

    Safe to use from several threads. `command` is what a process runs, `embeddings.worker` if none
    is given; the memory limit is added to it.
    """

    def __init__(
        self, limits: Limits | None = None, command: tuple[str, ...] | None = None
    ) -> None:
        self.limits = limits or Limits()
        self._command = command or (sys.executable, "-m", "embeddings.worker")
        self._free = threading.Semaphore(COUNT)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = False

    def close(self) -> None:
        """Ends the processes, also those that are at work."""
        with self._lock:
            self._closed = True
            for worker in (*self._idle, *self._busy):
                worker.kill()
            idle = self._idle
            self._idle = []
        for worker in idle:  # the others are waited for where they are at work
            worker.wait()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(self, data: bytes, path: str) -> Document:
        """As `parse_document`, but whatever the parser does becomes a `DocumentError` at worst."""
        if PurePosixPath(path).suffix.lower() in _AT_HOME:
            return parse_document(data, path)
        limits = self.limits
        seconds = limits.seconds + limits.seconds_per_megabyte * len(data) / 1e6
        with self._free:
            while True:
                worker = self._take()
                fresh = worker.fresh
                answer = None
                try:
                    answer = worker.ask((data, path, seconds), seconds, limits.document_bytes)
                finally:
                    self._give_back(worker, alive=answer is not None and answer[0] != MEMORY)
                if self._closed:
                    raise ValueError(_CLOSED)
                # What ends a process that has parsed other files may be their doing.
                if fresh or answer is not None or worker.ended is not None:
                    return tell_language(_document(path, answer, worker, limits, seconds))

    def _take(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise ValueError(_CLOSED)
            worker = self._idle.pop() if self._idle else None
            if worker is None:
                worker = _Worker((*self._command, str(self.limits.memory_bytes)))
            self._busy.add(worker)
            return worker

    def _give_back(self, worker: _Worker, *, alive: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
            alive = alive and not self._closed
            if alive:
                self._idle.append(worker)
        if not alive:
            worker.kill()
            worker.wait()


class _Worker:
    """One process, for one thread at a time."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self.fresh = True
        """Whether it has parsed nothing yet."""
        self.ended: str | None = None
        """Which limit it was ended for: "seconds" or "bytes"."""
        self._lock = threading.Lock()
        self._turn = 0
        paths = [os.path.abspath(path) for path in sys.path]  # what is imported here is there
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"},
            cwd=Path(__file__).parent.parent,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def ask(
        self, request: tuple[bytes, str, float], seconds: float, most: int
    ) -> tuple[str, Any] | None:
        """Its answer; None where it ended instead, for going beyond `seconds` or `most` bytes too.

        The answer is not believed: it may hold plain values and the project's own dataclasses.
        """
        self.ended = None
        timer = threading.Timer(seconds, self._end, ("seconds", self._turn))
        timer.daemon = True
        timer.start()
        try:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            write_frame(self._process.stdin, request)
            header = self._process.stdout.read(HEADER_BYTES)
            if len(header) == HEADER_BYTES and int.from_bytes(header) > most:
                self._end("bytes", self._turn)
                return None
            body = self._process.stdout.read(int.from_bytes(header))
        except OSError:  # it is gone
            return None
        finally:
            timer.cancel()
            with self._lock:
                self._turn += 1
        try:
            kind, value = _Answer(io.BytesIO(body)).load()
        except Exception:  # cut short or garbled: unpickling throws whatever it likes
            return None
        self.fresh = False
        return kind, value

    def kill(self) -> None:
        """Ends it now."""
        self._process.kill()

    def wait(self) -> int:
        """Waits until it has ended, and says how."""
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not written yet
                    continue
        return code

    @property
    def crash(self) -> str:
        """By which signal it ended, or with which code."""
        code = self._process.returncode
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"exit code {code}"

    def _end(self, limit: str, turn: int) -> None:
        with self._lock:
            if turn == self._turn:  # else the answer came just in time
                self.ended = limit
                self._process.kill()


class _Answer(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("embeddings."):
            found = super().find_class(module, name)
            if isinstance(found, type) and is_dataclass(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not expected in a document")


def _document(
    path: str, answer: tuple[str, Any] | None, worker: _Worker, limits: Limits, seconds: float
) -> Document:
    """The document in the answer. Raises `DocumentError` that says why there is none."""
    kind, value = answer or (None, None)
    if kind == DOCUMENT and isinstance(value, Document):
        return value
    if kind == REFUSED:
        raise DocumentError(str(value))
    if kind == MEMORY:
        reason = f"takes more than {limits.memory_bytes >> 20:,} MiB of memory to read"
    elif kind == FAILED:
        log.warning("%s: %s", path, value)
        reason = f"its parser failed ({str(value).strip().splitlines()[-1]})"
    elif worker.ended == "seconds":
        reason = f"not read within {seconds:.0f} s"
    elif worker.ended == "bytes":
        reason = f"holds more than {limits.document_bytes >> 20:,} MiB of text"
    else:
        reason = f"its parser crashed ({worker.crash})"
    raise DocumentError(f"{path}: {reason}; {_ADVICE}")
