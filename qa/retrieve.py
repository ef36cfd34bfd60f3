"""question → Hits: the passages worth reading, found by meaning and by words, fused.

What a question puts in quotation marks must stand in a passage, word for word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from embeddings.encoder import Encoder
from embeddings.passages import Passage
from embeddings.runtime import Floats
from embeddings.store import Store
from embeddings.terms import match_terms, quoted_phrases, rarity
from qa.copies import unlike
from qa.within import EVERYTHING, Filter

DENSE_WEIGHT = 0.62
"""Fitted on four development sets together (`benchmarks/README.md`); 0.55 to 0.65 are alike."""
POOL = 50
_LARGE = 5000
"""Passages from which on a store is weighed by its own words: they are much the same in others."""


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
    """Finds passages in a store, and in `others`, with the encoder that all were made with."""

    def __init__(self, store: Store, encoder: Encoder, others: Sequence[Store] = ()) -> None:
        self._stores = (store, *others)
        self._encoder = encoder

    def retrieve(self, question: str, k: int, among: Filter = EVERYTHING) -> list[Hit]:
        """The best `k` passages for the question, best first; fewer where there are fewer.

        The best `POOL` by cosine and the best `POOL` by BM25 are all scored by both; each score
        counts as its share of the best one, and the two are averaged with `DENSE_WEIGHT`. Of
        several stores the pools are put together first, and a word of the question weighs by how
        rare it is in all of them, so that a passage counts the same in each.
        Phrases in double quotation marks must stand in the passage, see `terms.holds`. A passage
        that says what better ones of other documents say is among their `copies`, not in the list.
        """
        documents = among.documents(self._stores)
        vector = self._encoder.encode_question(question)
        weights = _weights(self._stores, question) if len(self._stores) > 1 else None
        pool = [
            (number, i, dense, lexical)
            for number, store in enumerate(self._stores)
            for i, dense, lexical in _pool(store, question, vector, k, documents, weights)
        ]
        fused = fuse([dense for _, _, dense, _ in pool], [lexical for *_, lexical in pool])
        ranked = sorted(zip(fused, pool, strict=True), key=lambda pair: (-pair[0], pair[1]))
        passages = {
            (number, passage.id): passage  # without those that are gone meanwhile
            for number, store in enumerate(self._stores)
            for passage in store.passages([i for _, (of, i, _, _) in ranked if of == number])
        }
        hits: dict[tuple[str, int], Hit] = {}
        for score, (number, i, dense, lexical) in ranked:
            if (passage := passages.get((number, i))) is not None:
                hits.setdefault((passage.document, i), Hit(passage, score, dense, lexical))
        found = unlike((hit.passage for hit in hits.values()), k)
        return [replace(hits[p.document, p.id], copies=copies) for p, copies in found]


def _weights(stores: Sequence[Store], question: str) -> dict[str, float]:
    """What each term of the question weighs by how rare it is in all the stores together."""
    terms = match_terms(question)
    passages = sum(map(len, stores))
    counts = zip(*(store.term_counts(terms) for store in stores), strict=True)
    return {term: rarity(passages, sum(count)) for term, count in zip(terms, counts, strict=True)}


def _pool(
    store: Store,
    question: str,
    vector: Floats,
    k: int,
    documents: set[str] | None,
    weights: dict[str, float] | None,
) -> list[tuple[int, float, float]]:
    """The passages of one store that may be among the best `k`: id, cosine and BM25, by id."""
    allowed = _allowed(store, question, documents)
    size = max(k, POOL)
    dense = dict(store.nearest(vector, size, allowed))
    near = list(dense)
    if weights is None or len(store) > _LARGE:
        lexical = dict(store.matching(question, size, also=near, among=allowed))
    else:
        lexical = dict(store.matching_as_among(weights, size, also=near, among=allowed))
    only_lexical = [i for i in lexical if i not in dense]
    dense |= zip(only_lexical, store.similarities(vector, only_lexical), strict=True)
    return [(i, dense[i], lexical.get(i, 0.0)) for i in sorted(dense)]


def _allowed(store: Store, question: str, documents: set[str] | None) -> list[int] | None:
    """The passages that may be found; None where that is all of them."""
    allowed = None if documents is None else store.passage_ids(documents)
    if phrases := quoted_phrases(question):
        holding = store.holding(phrases)
        allowed = holding if allowed is None else sorted(set(holding) & set(allowed))
    return allowed


def fuse(dense: Sequence[float], lexical: Sequence[float]) -> list[float]:
    """The weighted mean of both scores, each as its share of the best; from 0 to 1."""
    pairs = zip(_shares(dense), _shares(lexical), strict=True)
    return [DENSE_WEIGHT * d + (1 - DENSE_WEIGHT) * w for d, w in pairs]


def _shares(scores: Sequence[float]) -> list[float]:
    best = max(scores, default=0.0)
    return [max(s, 0.0) / best if best > 0 else 0.0 for s in scores]
