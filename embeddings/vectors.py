"""The FAISS index derived from a store's vectors: all of them in memory, searched exhaustively.

Each number is held in half precision, as the store itself holds it, so the search is exact over
what is stored; `benchmarks/vectors.py` has it against the other types. The index knows which
passages it holds, and is brought level with the store by adding and removing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embeddings.runtime import Floats, Ints

if TYPE_CHECKING:
    import faiss

log = logging.getLogger(__name__)

Halves: TypeAlias = NDArray[np.float16]
_AT_ONCE = 4096


class VectorIndex:
    """Search by inner product over unit vectors, each with the id of its passage.

    Vectors are added with ids above all that were ever added.
    """

    def __init__(self, index: faiss.IndexIDMap) -> None:
        self._index = index

    @classmethod
    def empty(cls, dimension: int) -> VectorIndex:
        """An index without vectors."""
        import faiss

        kind = faiss.ScalarQuantizer.QT_fp16
        flat = faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)
        index = faiss.IndexIDMap(flat)
        index.is_trained = True  # half precision has nothing to learn
        return cls(index)

    @classmethod
    def load(cls, path: Path, dimension: int) -> VectorIndex | None:
        """The index in that file, None where it is missing, damaged or of another kind."""
        import faiss

        if not path.is_file():
            return None
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            log.warning("%s is damaged and is made anew: %s", path.name, error)
            return None
        if not isinstance(index, faiss.IndexIDMap) or index.d != dimension:
            return None
        flat = faiss.downcast_index(index.index)
        if not isinstance(flat, faiss.IndexScalarQuantizer) or flat.code_size != 2 * dimension:
            return None
        return cls(index)

    def save(self, path: Path) -> bool:
        """Writes the index whole or not at all; False where it cannot be written."""
        import faiss

        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            for left_over in path.parent.glob("vectors-*.partial"):
                left_over.unlink(missing_ok=True)
            faiss.write_index(self._index, str(partial))
            partial.replace(path)
        except (OSError, RuntimeError) as error:  # faiss reports a full disk as RuntimeError
            log.info("the vectors are kept in memory only: %s", error)
            partial.unlink(missing_ok=True)
            return False
        return True

    def __len__(self) -> int:
        """How many vectors there are."""
        return int(self._index.ntotal)

    @property
    def ids(self) -> Ints:
        """The ids of all vectors, ascending."""
        import faiss

        found: Ints = faiss.vector_to_array(self._index.id_map)
        return found

    @property
    def last(self) -> int:
        """The highest id; 0 without vectors."""
        return int(self._index.id_map.at(len(self) - 1)) if len(self) else 0

    def add(self, ids: list[int], vectors: Halves) -> None:
        """Adds `vectors`, of shape (ids, dimension)."""
        self._index.add_with_ids(vectors.astype(np.float32), np.array(ids, np.int64))

    def remove(self, ids: Ints) -> None:
        """Forgets these vectors."""
        import faiss

        self._index.remove_ids(faiss.IDSelectorBatch(ids))

    def nearest(
        self, vector: Floats, k: int, among: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """The ids of the `k` vectors nearest to the unit `vector`, with their cosines, best first.

        Equal cosines come in the order of the ids. `among`: of these ids alone.
        """
        import faiss

        count = len(self) if among is None else len(among)
        if not count:
            return []
        only = None
        if among is not None:
            selector = faiss.IDSelectorBatch(np.array(among, np.int64))
            only = faiss.SearchParameters()
            only.sel = selector
        faiss.omp_set_num_threads(1)  # of one question a second thread would only wait for the end
        scores, ids = self._index.search(vector[None, :], min(k, count), params=only)
        found = [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def batches(self) -> Iterator[tuple[Ints, Floats]]:
        """All ids and vectors, in the order of the ids, some thousand at a time."""
        flat: Any = self._index.index
        ids = self.ids
        for at in range(0, len(ids), _AT_ONCE):
            part = ids[at : at + _AT_ONCE]
            yield part, flat.reconstruct_n(at, len(part))
