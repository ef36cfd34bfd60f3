"""question + Hits → Extracts: where in the passages the answer stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from embeddings.encoder import Encoder
from embeddings.sentences import Span
from qa.retrieve import Hit


@dataclass(frozen=True, slots=True)
class Extract:
    """A short answer, `text[start:end]` of the document that `hit.passage.document` names.

    `score` is the reader's own, higher is better, comparable among the extracts of one question.
    """

    hit: Hit
    start: int
    end: int
    score: float

    @property
    def sentence(self) -> Span:
        """The sentence that holds the first character. Raises `ValueError` without one."""
        for sentence in self.hit.passage.sentences:
            if sentence.start <= self.start < sentence.end:
                return sentence
        raise ValueError(f"extract at {self.start} lies in no sentence of its passage")


class Reader(Protocol):
    """What points at answers in passages."""

    name: str
    """Its kind and its fingerprint, as in "sentences@all-MiniLM-L6-v2@f259f685"."""
    margin: float
    """An extract at most so far below the best is worth citing beside it."""
    retrieval_weight: float
    """Extracts are ordered by their score and so many times their hit's."""

    def read(self, question: str, hits: Sequence[Hit]) -> list[Extract]:
        """At most one extract a sentence, of all passages, best first."""
        ...


def rank_score(extract: Extract, retrieval_weight: float) -> float:
    """What extracts of one question are ordered by, highest first."""
    return extract.score + retrieval_weight * extract.hit.score


def order(extract: Extract, retrieval_weight: float) -> tuple[float, str, int, int]:
    """The key that sorts extracts of one question: best first, then by where they stand."""
    best_first = -rank_score(extract, retrieval_weight)
    return best_first, extract.hit.passage.document, extract.start, extract.end


def agreed(
    first: Sequence[Extract], second: Sequence[Extract], retrieval_weight: float
) -> list[Extract]:
    """What two readings of the same hits say together, best first: the mean of their scores.

    A sentence that both point into keeps the extract of the higher score; one that only one has
    points into is left out.
    """
    other = {(e.hit.passage.document, e.sentence): e for e in second}
    both = []
    for extract in first:
        if beside := other.get((extract.hit.passage.document, extract.sentence)):
            better = max(extract, beside, key=lambda e: e.score)
            both.append(replace(better, score=(extract.score + beside.score) / 2))
    return sorted(both, key=lambda extract: order(extract, retrieval_weight))


class SentenceReader:
    """Takes whole sentences for answers: those nearest to the question by the encoder's cosine.

    The floor that a trained reader is measured against (`--reader sentences`).
    """

    margin = 0.1
    retrieval_weight = 0.0

    def __init__(self, encoder: Encoder) -> None:
        self.name = f"sentences@{encoder.name}"
        self._encoder = encoder

    def read(self, question: str, hits: Sequence[Hit]) -> list[Extract]:
        """Every sentence of the passages, best first; `score` is a cosine."""
        places: dict[tuple[str, int, int], Hit] = {}
        for hit in hits:
            passage = hit.passage
            for sentence in passage.sentences:
                start, end = max(sentence.start, passage.start), min(sentence.end, passage.end)
                places.setdefault((passage.document, start, end), hit)
        texts = [
            hit.passage.text[start - hit.passage.start : end - hit.passage.start]
            for (_, start, end), hit in places.items()
        ]
        if not texts:
            return []
        scores = self._encoder.encode_passages(texts) @ self._encoder.encode_question(question)
        extracts = [
            Extract(hit, start, end, float(score))
            for ((_, start, end), hit), score in zip(places.items(), scores, strict=True)
        ]
        return sorted(extracts, key=lambda extract: order(extract, self.retrieval_weight))
