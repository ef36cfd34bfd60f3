"""question → Hits: the passages worth reading, found by meaning and by words, fused.

What a question puts in quotation marks must stand in a passage, word for word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

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

    @property
    def places(self) -> tuple[Passage, ...]:
        """The passage and its copies."""
        return (self.passage, *self.copies)


@dataclass(frozen=True, slots=True)
class Background:
    """What a question is asked against: text of the turns before it.

    `weight`, from 0 to 1, is what it counts for in a hit's score beside the question itself.
    """

    text: str
    weight: float


NO_BACKGROUND = Background("", 0.0)


Place: TypeAlias = tuple[int, int]
"""The number of a store and the id of a passage in it."""


@dataclass(frozen=True, slots=True)
class _Scores:
    fused: float
    dense: float
    lexical: float


class Retriever:
    """Finds passages in a store, and in `others`, with the encoder that all were made with."""

    def __init__(self, store: Store, encoder: Encoder, others: Sequence[Store] = ()) -> None:
        self._stores = (store, *others)
        self._encoder = encoder

    def retrieve(
        self,
        question: str,
        k: int,
        among: Filter = EVERYTHING,
        background: Background = NO_BACKGROUND,
    ) -> list[Hit]:
        """The best `k` passages for the question, best first; fewer where there are fewer.

        The best `POOL` by cosine and the best `POOL` by BM25 are all scored by both; each score
        counts as its share of the best one, and the two are averaged with `DENSE_WEIGHT`. Of
        several stores the pools are put together first, and a word of the question weighs by how
        rare it is in all of them, so that a passage counts the same in each.
        Phrases in double quotation marks must stand in the passage, see `terms.holds`. A passage
        that says what better ones of other documents say is among their `copies`, not in the list.
        The `background` is searched for likewise, and moves each passage's score towards the best
        that the background has in the passage's document.
        """
        documents = among.documents(self._stores)
        allowed = [_allowed(store, question, documents) for store in self._stores]
        pool = max(k, POOL)
        behind: dict[Place, _Scores] = {}
        if background.weight > 0 and background.text:
            behind = self._scored(background.text, pool, allowed)
        scores = self._scored(question, pool, allowed, also=behind)
        if behind:
            scores = self._mixed(scores, behind, background.weight)
        ranked = sorted(scores, key=lambda place: (-scores[place].fused, place))[:pool]
        hits = self._hits(ranked, scores)
        found = unlike((hit.passage for hit in hits.values()), k)
        return [replace(hits[p.document, p.id], copies=copies) for p, copies in found]

    def _hits(
        self, ranked: Sequence[Place], scores: Mapping[Place, _Scores]
    ) -> dict[tuple[str, int], Hit]:
        """The hits in that order, by document and passage, without those that are gone."""
        passages = {
            (number, passage.id): passage
            for number, store in enumerate(self._stores)
            for passage in store.passages([i for of, i in ranked if of == number])
        }
        hits: dict[tuple[str, int], Hit] = {}
        for place in ranked:
            if (passage := passages.get(place)) is not None:
                of = scores[place]
                hit = Hit(passage, of.fused, of.dense, of.lexical)
                hits.setdefault((passage.document, passage.id), hit)
        return hits

    def _mixed(
        self, own: Mapping[Place, _Scores], behind: Mapping[Place, _Scores], weight: float
    ) -> dict[Place, _Scores]:
        """The passages' own scores mixed with the best that lies behind in their document.

        The best is as high as before, to count for as much beside what the reader says.
        """
        document = {
            (number, i): of
            for number, store in enumerate(self._stores)
            for i, of in store.documents_of([i for at, i in own if at == number]).items()
        }
        best: dict[str, float] = {}
        for place in document.keys() & behind.keys():
            of = document[place]
            best[of] = max(behind[place].fused, best.get(of, 0.0))
        mixed = {
            place: (1 - weight) * own[place].fused + weight * best.get(of, 0.0)
            for place, of in document.items()
        }
        best_mixed = max(mixed.values(), default=0.0)
        highest = max((scores.fused for scores in own.values()), default=0.0)
        scale = highest / best_mixed if best_mixed > 0 else 1.0
        return {place: replace(own[place], fused=scale * score) for place, score in mixed.items()}

    def _scored(
        self,
        text: str,
        pool: int,
        allowed: Sequence[list[int] | None],
        also: Collection[Place] = (),
    ) -> dict[Place, _Scores]:
        """The scores of the text's pool and of the passages `also`.

        `allowed` are the passages of each store that may be found, None for all. A passage that
        shares no word with the text has no lexical score, but 0.
        """
        vector = self._encoder.encode_question(text)
        weights = _weights(self._stores, text) if len(self._stores) > 1 else None
        found = [
            ((number, i), dense, lexical)
            for number, store in enumerate(self._stores)
            for i, dense, lexical in _pool(
                store,
                text,
                vector,
                pool,
                allowed[number],
                weights,
                [i for of, i in also if of == number],
            )
        ]
        fused = fuse([dense for _, dense, _ in found], [lexical for *_, lexical in found])
        return {
            place: _Scores(score, dense, lexical)
            for score, (place, dense, lexical) in zip(fused, found, strict=True)
        }


def _weights(stores: Sequence[Store], text: str) -> dict[str, float]:
    """What each term of the text weighs by how rare it is in all the stores together."""
    terms = match_terms(text)
    passages = sum(map(len, stores))
    counts = zip(*(store.term_counts(terms) for store in stores), strict=True)
    return {term: rarity(passages, sum(count)) for term, count in zip(terms, counts, strict=True)}


def _pool(
    store: Store,
    text: str,
    vector: Floats,
    pool: int,
    allowed: list[int] | None,
    weights: dict[str, float] | None,
    also: Sequence[int],
) -> list[tuple[int, float, float]]:
    """The passages of one store that may be among the best, and `also`: id, cosine, BM25; by id."""
    dense = dict(store.nearest(vector, pool, allowed))
    known = [*dense, *(i for i in also if i not in dense)]
    if weights is None or len(store) > _LARGE:
        lexical = dict(store.matching(text, pool, also=known, among=allowed))
    else:
        lexical = dict(store.matching_as_among(weights, pool, also=known, among=allowed))
    missing = [i for i in dict.fromkeys([*also, *lexical]) if i not in dense]
    dense |= zip(missing, store.similarities(vector, missing), strict=True)
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
