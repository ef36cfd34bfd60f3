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
from qa.within import documents_within

DENSE_WEIGHT = 0.62
"""Fitted on four development sets together (`benchmarks/README.md`); 0.55 to 0.65 are alike."""
POOL = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and why it was found; higher is better in all three.

    `score` is the fused one, from 0 to 1, comparable within one question only. `dense` is the
    cosine of question and passage in its context, `lexical` the BM25 of the question's words, 0
    without any.
    """

    passage: Passage
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Background:
    """What a question is asked against: text of the turns before it.

    `weight`, from 0 to 1, is what it counts for in a hit's score beside the question itself.
    """

    text: str
    weight: float


NO_BACKGROUND = Background("", 0.0)


class Retriever:
    """Finds passages in a store, with the encoder that the store was made with."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder

    def retrieve(
        self,
        question: str,
        k: int,
        within: Sequence[str] = (),
        background: Background = NO_BACKGROUND,
    ) -> list[Hit]:
        """The best `k` passages for the question, best first; fewer where there are fewer.

        The best `POOL` by cosine and the best `POOL` by BM25 are all scored by both; each score
        counts as its share of the best one, and the two are averaged with `DENSE_WEIGHT`.
        Phrases in double quotation marks must stand in the passage, see `terms.holds`; `within`
        are the documents or folders to look in, see `documents_within`; () is all of them.
        The `background` is searched for likewise, and moves each passage's score towards the best
        that the background has in the passage's document.
        """
        allowed = self._allowed(question, within)
        pool = max(k, POOL)
        behind: dict[int, float] = {}
        if background.weight > 0 and background.text:
            behind, _, _ = self._scored(background.text, pool, allowed)
        score, dense, lexical = self._scored(question, pool, allowed, also=list(behind))
        if behind:
            score = self._mixed(score, behind, background.weight)
        best = sorted(score, key=lambda i: (-score[i], i))[:k]
        return [
            Hit(p, score[p.id], dense[p.id], lexical.get(p.id, 0.0))
            for p in self._store.passages(best)
        ]

    def _mixed(
        self, own: dict[int, float], behind: dict[int, float], weight: float
    ) -> dict[int, float]:
        """The passages' own scores mixed with the best that lies behind in their document.

        The best is as high as before, for it tells the calibrator how sure retrieval is.
        """
        document = self._store.documents_of(list(own))
        best: dict[str, float] = {}
        for i in document.keys() & behind.keys():
            best[document[i]] = max(behind[i], best.get(document[i], 0.0))
        mixed = {
            i: (1 - weight) * own[i] + weight * best.get(of, 0.0) for i, of in document.items()
        }
        best_mixed = max(mixed.values(), default=0.0)
        scale = max(own.values()) / best_mixed if best_mixed > 0 else 1.0
        return {i: scale * score for i, score in mixed.items()}

    def _scored(
        self, text: str, pool: int, allowed: list[int] | None, also: Sequence[int] = ()
    ) -> tuple[dict[int, float], dict[int, float], dict[int, float]]:
        """The fused, dense and lexical scores of the text's pool and of the passages `also`.

        A passage that shares no word with the text has no lexical one.
        """
        vector = self._encoder.encode_question(text)
        dense = dict(self._store.nearest(vector, pool, allowed))
        known = [*dense, *(i for i in also if i not in dense)]
        lexical = dict(self._store.matching(text, pool, also=known, among=allowed))
        missing = [i for i in dict.fromkeys([*also, *lexical]) if i not in dense]
        dense |= zip(missing, self._store.similarities(vector, missing), strict=True)
        ids = sorted(dense)
        fused = fuse([dense[i] for i in ids], [lexical.get(i, 0.0) for i in ids])
        return dict(zip(ids, fused, strict=True)), dense, lexical

    def _allowed(self, question: str, within: Sequence[str]) -> list[int] | None:
        """The passages that may be found; None where that is all of them."""
        allowed: list[int] | None = None
        if within:
            documents = documents_within(self._store.files(), within)
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
