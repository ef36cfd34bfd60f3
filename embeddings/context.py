"""Document → its context: the words that say what each of its passages is about.

A passage seldom repeats what its document is called. So the title is searched beside its words, and
its vector is mixed into the passage's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from embeddings.documents import Document, title_from_name, unpacked_name
from embeddings.encoder import Encoder
from embeddings.runtime import Floats

CONTEXT_WEIGHT = 0.3
"""Of the context's vector beside the passage's; over 0.2 to 0.4 the development sets agree."""

_WORD = re.compile(r"[^\W_]+")
_TELLING = re.compile(r"[^\W\d]+|[1-9]\w{0,3}")
"""Words and short numbers such as years; not hashes, nor the 0007 of a numbered file."""
_LETTERS = re.compile(r"[^\W\d_]{2}")


def context(document: Document) -> str:
    """The document's title or, where it has none of its own, the words of its path.

    "" where the path says nothing, as with "000_c69afa3c8f6a24bb.txt".
    """
    if document.title != title_from_name(document.path):
        return document.title
    *folders, name = PurePosixPath(unpacked_name(document.path)).with_suffix("").parts
    named = [*folders, name] if _LETTERS.search(name) else folders
    telling = [word for word in _WORD.findall(" ".join(named)) if _TELLING.fullmatch(word)]
    return " ".join(telling) if any(map(_LETTERS.match, telling)) else ""


class InContext(NamedTuple):
    """A passage's text, and the context of its document."""

    text: str
    context: str


def encode_in_context(encoder: Encoder, parts: Sequence[InContext]) -> Floats:
    """Unit vectors of the texts, each leaning to its context's; an empty one counts nothing.

    Shape (parts, dimension). A context is embedded once, and cut where it does not fit.
    """
    vectors = encoder.encode_passages([part.text for part in parts])
    different = sorted({part.context for part in parts} - {""})
    leaning = dict(
        zip(different, encoder.encode_passages([_cut(encoder, c) for c in different]), strict=True)
    )
    for row, part in enumerate(parts):
        if part.context:
            vectors[row] += CONTEXT_WEIGHT * leaning[part.context]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors


def _cut(encoder: Encoder, text: str) -> str:
    while not encoder.fits(text):
        text = text[: len(text) // 2]
    return text
