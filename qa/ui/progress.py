"""How far the indexing of a few new files is, within the indexing of their folder."""

from __future__ import annotations

from pathlib import Path

from embeddings.indexer import Progress


class Tally:
    """The share of the new files that is done; `sizes` are theirs by path, `docs` their folder."""

    def __init__(self, docs: Path = Path(), sizes: dict[str, int] | None = None) -> None:
        self.share = 0.0
        self.path = ""
        """The new file that is being read."""
        self._docs = docs
        self._sizes = sizes or {}
        self._seen: set[str] = set()
        self._old_bytes = 0

    def told(self, progress: Progress) -> None:
        """Notes what the indexer says."""
        path = progress.path
        if path in self._sizes:
            self.path = path
        elif path and path not in self._seen:
            self._seen.add(path)
            self._old_bytes += size_of(self._docs / path)
        total = sum(self._sizes.values())
        done = (progress.done_bytes - self._old_bytes) / total if total else 0.0
        self.share = max(self.share, min(done, 1.0))


def size_of(path: Path) -> int:
    """The file's size in bytes; 0 where there is none any more."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
