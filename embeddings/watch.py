"""Keeps a store level with its folder while others search it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from embeddings.encoder import Encoder
from embeddings.errors import PinciteError, StoreBusyError
from embeddings.indexer import Report, index_folder
from embeddings.store import Store

log = logging.getLogger(__name__)

_SETTLE_MS = 400
"""Changes that follow each other as closely as this are taken together."""
_AGAIN_MS = 2000
"""How soon is tried again what another process's writing was in the way of."""


@contextmanager
def watching(
    docs: Path, store: Store, encoder: Encoder, told: Callable[[Report], None] = lambda _: None
) -> Iterator[None]:
    """Indexes what changes in `docs`, in a thread of its own, until the block ends.

    `told` is given the report of each time. What goes wrong is logged, and tried again at the
    next change.
    """
    ended = threading.Event()

    def run() -> None:
        try:
            _watch(docs, store, encoder, told, ended)
        except (OSError, RuntimeError) as error:  # the system watches only so many folders
            log.error("the folder is watched no more: %s", error)

    thread = threading.Thread(target=run, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _watch(
    docs: Path,
    store: Store,
    encoder: Encoder,
    told: Callable[[Report], None],
    ended: threading.Event,
) -> None:
    from watchfiles import watch

    root = docs.resolve()

    def visible(_: object, path: str) -> bool:
        return not any(part.startswith(".") for part in Path(path).relative_to(root).parts)

    overdue = True  # something may have changed between opening the store and now
    for changes in watch(
        root,
        watch_filter=visible,
        step=_SETTLE_MS,
        rust_timeout=_AGAIN_MS,
        yield_on_timeout=True,
        stop_event=ended,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if not changes and not overdue:
            continue
        overdue = False
        try:
            told(index_folder(docs, store, encoder, wait_seconds=0))
        except StoreBusyError:
            overdue = True
        except PinciteError as error:
            log.error("the changed folder could not be indexed: %s", error)
