"""Whose uploads are whose: each browser session has its own, unless all share the folder's.

A session is known by a cookie that only the server reads. Its files lie in a temporary folder with
an index of their own, and go when no page of it has been open for a while.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from embeddings.indexer import default_index, open_store
from qa.bot import Bot
from qa.ui.admission import Limits, UploadRefusedError
from qa.ui.uploads import Uploads

log = logging.getLogger(__name__)

KEPT_SECONDS = 900.0
"""How long uploads outlive the last open page: a reload or a lost connection costs nothing."""
SWEPT_EVERY_SECONDS = 30.0
MAX_SESSIONS = 50
"""Sessions that hold uploads at the same time; with `Limits`, this bounds what lies on the disk."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Sessions:
    """The uploads by session. With `shared`, the folder with documents, all have the same."""

    def __init__(
        self,
        bot: Bot,
        *,
        shared: Path | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bot = bot
        self._limits = limits or Limits()
        self._clock = clock
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "uploads")  # one after another: the CPU is one
        self._own: dict[str, Uploads] = {}
        self._folders: dict[str, Path] = {}
        self._running: Counter[str] = Counter()
        self._seen: dict[str, float] = {}
        self._ended = threading.Event()
        self._shared: Uploads | None = None
        if shared is not None:
            self._shared = Uploads(shared, bot.store, bot.encoder, self._worker, self._limits)

    @property
    def shared(self) -> bool:
        """Whether what one person adds is there for everyone, and stays."""
        return self._shared is not None

    @property
    def limits(self) -> Limits:
        """How much may be added."""
        return self._limits

    def uploads(self, token: str) -> Uploads | None:
        """The session's uploads; None where it has added nothing yet."""
        return self._shared or self._own.get(token)

    def opened(self, token: str) -> Uploads:
        """The session's uploads, made if there are none. Raises `UploadRefusedError`."""
        if self._shared is not None:
            return self._shared
        if not _TOKEN.fullmatch(token):
            raise UploadRefusedError("Files need a page that is open. Load the page again.")
        with self._lock:
            if token not in self._own:
                if len(self._own) >= MAX_SESSIONS:
                    raise UploadRefusedError(
                        "Too many people have added files at the moment. Try again later."
                    )
                self._own[token] = self._made(token)
            return self._own[token]

    def bot(self, token: str) -> Bot:
        """The bot that answers this session: from the documents, and from what it added."""
        own = self._own.get(token)
        return self._bot if own is None else self._bot.beside(own.store, self._folders[token])

    def _made(self, token: str) -> Uploads:
        folder = Path(tempfile.mkdtemp(prefix="pincite-uploads-"))  # for this user's eyes only
        store = open_store(default_index(folder), self._bot.encoder)
        self._folders[token] = folder
        self._seen.setdefault(token, self._clock())
        return Uploads(
            folder,
            store,
            self._bot.encoder,
            self._worker,
            self._limits,
            taken=self._bot.store.known,
        )

    # How long a session lasts

    @contextlib.contextmanager
    def present(self, token: str) -> Iterator[None]:
        """While the block runs, a request of the session is answered: it is alive."""
        with self._lock:
            self._running[token] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[token] -= 1
                if not self._running[token]:
                    del self._running[token]
                    if token in self._own:
                        self._seen[token] = self._clock()

    def sweep(self) -> None:
        """Deletes the uploads of the sessions that have ended."""
        with self._lock:
            now = self._clock()
            over = [
                token
                for token in self._own
                if token not in self._running and now - self._seen[token] > KEPT_SECONDS
            ]
            ended = [(self._own.pop(token), self._folders.pop(token)) for token in over]
            for token in over:
                del self._seen[token]
        for uploads, folder in ended:
            _end(uploads, folder)

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Sweeps from time to time until the block ends, and then deletes all sessions' uploads."""
        sweeper = threading.Thread(target=self._sweep_on, name="sessions", daemon=True)
        sweeper.start()
        try:
            yield
        finally:
            self._ended.set()
            sweeper.join()
            with self._lock:
                left = [(self._own[token], self._folders[token]) for token in self._own]
                self._own.clear()
            for uploads, folder in left:
                _end(uploads, folder)
            if self._shared is not None:
                self._shared.close()
            self._worker.shutdown(wait=True)

    def _sweep_on(self) -> None:
        while not self._ended.wait(SWEPT_EVERY_SECONDS):
            try:
                self.sweep()
            except Exception:
                log.exception("the uploads of a session could not be deleted")


def _end(uploads: Uploads, folder: Path) -> None:
    uploads.close()
    uploads.store.close()
    shutil.rmtree(folder, ignore_errors=True)


def new_token() -> str:
    """What a new session is known by."""
    return secrets.token_urlsafe(32)
