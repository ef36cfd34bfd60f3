"""How far the indexing of a few new files is, within the indexing of their folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from embeddings.encoder import Encoder
from embeddings.indexer import Progress
from embeddings.runtime import Floats

_AT_ONCE = 64
"""Texts that are embedded between two tellings."""


class Tally:
    """How much of the new files is done: those that wait to be embedded count by what is."""

    def __init__(self, docs: Path = Path(), sizes: dict[str, int] | None = None) -> None:
        self.share = 0.0
        self.path = ""
        self._docs = docs
        self._sizes = sizes or {}
        self._seen: set[str] = set()
        self._taken = self._waiting = self._new = 0

    def told(self, progress: Progress) -> None:
        """Notes what the indexer says."""
        path = progress.path
        if path and path not in self._seen:
            self._seen.add(path)
            self._taken += size_of(self._docs / path)
            self._new += self._sizes.get(path, 0)
        if path in self._sizes:
            self.path = path
        self._waiting = max(0, self._taken - progress.done_bytes)
        self.embedded(0.0)

    def embedded(self, share: float) -> None:
        """Notes that of what waits this share, 0 to 1, is embedded."""
        total = sum(self._sizes.values())
        done = self._new - self._waiting * (1 - share)
        self.share = max(self.share, min(done / total, 1.0)) if total else 0.0


class WatchedEncoder:
    """An encoder that tells after every few texts which share of them is done."""

    def __init__(self, encoder: Encoder, told: Callable[[float], None]) -> None:
        self.name = encoder.name
        self.dimension = encoder.dimension
        self._encoder = encoder
        self._told = told

    def fits(self, text: str) -> bool:
        """As the encoder says."""
        return self._encoder.fits(text)

    def encode_question(self, question: str) -> Floats:
        """The encoder's vector."""
        return self._encoder.encode_question(question)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """The encoder's vectors, made a few at a time."""
        parts = [np.empty((0, self.dimension), np.float32)]
        for at in range(0, len(texts), _AT_ONCE):
            self._told(at / len(texts))
            parts.append(self._encoder.encode_passages(texts[at : at + _AT_ONCE]))
        self._told(1.0)
        return np.concatenate(parts)


def size_of(path: Path) -> int:
    """The file's size in bytes; 0 where there is none any more."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
