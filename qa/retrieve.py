"""question → Hits: the passages worth reading, found by meaning and by words, fused.

What a question puts in quotation marks must stand in a passage, word for word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.encoder import Encoder
from embeddings.passages import Passage
from embeddings.store import Store
from embeddings.terms import quoted_phrases
from qa.copies import unlike
from qa.within import EVERYTHING, Filter

DENSE_WEIGHT = 0.62
"""Fitted on four development sets together (`benchmarks/README.md`); 0.55 to 0.65 are alike."""
POOL = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and why it was found; higher is better in all three.

    `score` is the fused one, from 0 to 1, comparable within one question only. `dense` is the
    cosine of question and passage in its context, `lexical` the BM25 of the question's words, 0
    without any. `copies` are worse passages of other documents that say the same.
    """

    passage: Passage
    score: float
    dense: float
    lexical: float
    copies: tuple[Passage, ...] = ()


class Retriever:
    """Finds passages in a store, with the encoder that the store was made with."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder

    def retrieve(self, question: str, k: int, among: Filter = EVERYTHING) -> list[Hit]:
        """The best `k` passages for the question, best first; fewer where there are fewer.

        The best `POOL` by cosine and the best `POOL` by BM25 are all scored by both; each score
        counts as its share of the best one, and the two are averaged with `DENSE_WEIGHT`.
        Phrases in double quotation marks must stand in the passage, see `terms.holds`. A passage
        that says what better ones of other documents say is among their `copies`, not in the list.
        """
        allowed = self._allowed(question, among)
        pool = max(k, POOL)
        vector = self._encoder.encode_question(question)
        dense = dict(self._store.nearest(vector, pool, allowed))
        lexical = dict(self._store.matching(question, pool, also=list(dense), among=allowed))
        only_lexical = [i for i in lexical if i not in dense]
        dense |= zip(only_lexical, self._store.similarities(vector, only_lexical), strict=True)
        ids = sorted(dense)
        fused = fuse([dense[i] for i in ids], [lexical.get(i, 0.0) for i in ids])
        best = sorted(zip(fused, ids, strict=True), key=lambda pair: (-pair[0], pair[1]))
        score = {i: s for s, i in best}
        return [
            Hit(p, score[p.id], dense[p.id], lexical.get(p.id, 0.0), copies)
            for p, copies in unlike(self._store.passages([i for _, i in best]), k)
        ]

    def _allowed(self, question: str, among: Filter) -> list[int] | None:
        """The passages that may be found; None where that is all of them."""
        allowed: list[int] | None = None
        if (documents := among.documents(self._store)) is not None:
            allowed = self._store.passage_ids(documents)
        if phrases := quoted_phrases(question):
            holding = self._store.holding(phrases)
            allowed = holding if allowed is None else sorted(set(holding) & set(allowed))
        return allowed


def fuse(dense: Sequence[float], lexical: Sequence[float]) -> list[float]:
    """The weighted mean of both scores, each as its share of the best; from 0 to 1."""
    pairs = zip(_shares(dense), _shares(lexical), strict=True)
    return [DENSE_WEIGHT * d + (1 - DENSE_WEIGHT) * w for d, w in pairs]


def _shares(scores: Sequence[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [max(s, 0.0) / best if best > 0 else 0.0 for s in scores]
