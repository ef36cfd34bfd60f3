"""A row of a table stands alone: what a question names must be in the row that answers it.

A reader that learned from prose takes the figure of a neighbouring row, which looks the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from embeddings.passages import Passage
from embeddings.sentences import ROW_END, Span
from embeddings.terms import content_words


def lacking(question: str, passages: Iterable[Passage]) -> dict[tuple[str, Span], float]:
    """Which rows of the passages lack what the question names: by document and sentence.

    The share, above 0 to 1, of the question's words that this row does not have, but another one
    of the same document has. A word weighs by how rare it is among those rows: what all have, such
    as a heading, tells nothing, nor does what none of them has.
    """
    asked = set(content_words(question))
    named: dict[str, dict[Span, set[str]]] = {}
    for passage in passages:
        for row in _rows(passage):
            text = passage.text[row.start - passage.start : row.end - passage.start]
            named.setdefault(passage.document, {})[row] = asked & set(content_words(text))
    found: dict[tuple[str, Span], float] = {}
    for document, rows in named.items():
        counts = Counter(word for words in rows.values() for word in words)
        weights = {word: math.log(len(rows) / count) for word, count in counts.items()}
        whole = math.fsum(weights.values())
        for row, words in rows.items():
            if missed := math.fsum(weights[word] for word in weights.keys() - words):
                found[document, row] = missed / whole
    return found


def _rows(passage: Passage) -> list[Span]:
    """The sentences of the passage that are rows; its last is one if that before it is."""
    rows: list[Span] = []
    for sentence in passage.sentences:
        behind = passage.text[sentence.end - passage.start :][:1]
        if behind == ROW_END or (not behind and rows):
            rows.append(sentence)
    return rows
