"""The FAISS index derived from a store's vectors: its file is kept, and made anew when it is wrong.

The file's name says which generation of the store it holds, so a stale one is never taken for new.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings.runtime import Floats

if TYPE_CHECKING:
    import faiss

log = logging.getLogger(__name__)


class VectorIndex:
    """Exact search by inner product over unit vectors with ids."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    def nearest(
        self, vector: Floats, k: int, among: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The ids of the `k` vectors nearest to the unit `vector`, with their cosines, best first.

        Equal cosines come in the order of the ids. `among`: of these ids alone.
        """
        import faiss

        count = self._index.ntotal if among is None else len(among)
        if not count:
            return []
        only = None
        if among is not None:
            selector = faiss.IDSelectorBatch(np.array(among, np.int64))
            only = faiss.SearchParameters()
            only.sel = selector
        scores, ids = self._index.search(vector[None, :], min(k, count), params=only)
        found = [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def similarities(self, vector: Floats, ids: Sequence[int]) -> list[float]:
        """The cosine of each of these with the unit `vector`."""
        return [float(self._index.reconstruct(int(i)) @ vector) for i in ids]


def open_vectors(
    folder: Path,
    generation: int,
    count: int,
    dimension: int,
    stored: Callable[[], Iterator[tuple[list[int], bytes]]],
) -> VectorIndex:
    """The index of that generation: its file in `folder` if that is whole, else built and kept.

    `stored` gives batches of ids and their vectors, little-endian float32.
    """
    path = folder / f"vectors-{generation}.faiss"
    index = _load(path, count, dimension)
    if index is None:
        index = _build(dimension, stored())
        _keep(index, path)
    return VectorIndex(index)


def _load(path: Path, count: int, dimension: int) -> faiss.Index | None:
    """The index in that file if it is whole and holds as much as it should."""
    import faiss

    if not path.is_file():
        return None
    try:
        index = faiss.read_index(str(path))
    except RuntimeError as error:
        log.warning("%s is damaged and is made anew: %s", path.name, error)
        return None
    return index if (index.ntotal, index.d) == (count, dimension) else None


def _build(dimension: int, stored: Iterator[tuple[list[int], bytes]]) -> faiss.Index:
    import faiss

    index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
    for ids, data in stored:
        vectors = np.frombuffer(data, "<f4").reshape(len(ids), dimension)
        index.add_with_ids(vectors, np.array(ids, np.int64))
    return index


def _keep(index: faiss.Index, path: Path) -> None:
    """Writes the index, in place of older ones; where that fails it lives in memory only."""
    import faiss

    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        faiss.write_index(index, str(partial))
        partial.replace(path)
        for old in path.parent.glob("vectors-*.faiss"):
            if old != path:
                old.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:  # faiss reports a full disk as RuntimeError
        log.info("the vectors are kept in memory only: %s", error)
        partial.unlink(missing_ok=True)
