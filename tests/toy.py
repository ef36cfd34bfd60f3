"""A toy encoder that is real: words hashed into a few dimensions, no model to load."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from embeddings.runtime import Floats


class WordEncoder:
    """Counts words; texts that share words are near. Remembers what it was asked to embed."""

    def __init__(self, name: str = "words", dimension: int = 256) -> None:
        self.name = name
        self.dimension = dimension
        self.embedded: list[str] = []

    def fits(self, text: str) -> bool:
        return len(text) <= 2000

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        self.embedded += texts
        return self._encode(texts)

    def encode_question(self, question: str) -> Floats:
        vector: Floats = self._encode([question])[0]
        return vector

    def _encode(self, texts: Sequence[str]) -> Floats:
        vectors = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors
