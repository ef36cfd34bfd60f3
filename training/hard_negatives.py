"""Passages that look right and are not: what retrieval ranks high but holds no gold answer.

Second step of the training chain. The ranking is the one that answers questions over a folder:
0.6 × dense + 0.4 × BM25 after min-max, over every training passage at once, so that negatives come
from the same article and from others in the proportion in which a real search brings them. Given a
trained reader, those are kept that it would rather answer from (as ANCE does for retrievers).
"""

from __future__ import annotations

import random
from pathlib import Path

import bm25s
import numpy as np
import Stemmer
from dense import WORKERS, embed, in_parallel
from numpy.typing import NDArray
from reader_batches import CLS, IGNORED, MAX_WINDOW_TOKENS, SEP, Example, collate
from reader_data import Corpus, Question
from reader_model import load_reader

DENSE_WEIGHT = 0.6
CANDIDATES = 60
DEEPEST = 15
NEGATIVES_PER_QUESTION = 4
READ_PER_QUESTION = 5
MISLEADING_PER_QUESTION = 3


def mine(
    corpus: Corpus, *, questions: int, seed: int, reader: Path | None = None
) -> dict[int, list[int]]:
    """``{index of an answerable question: passages}``, up to four passages that rank in the top 15.

    ``questions`` of the answerable ones are drawn with ``seed``; one whose top 15 all hold a gold
    answer is absent. With a ``reader``, three of the five that rank first: those that mislead it.
    """
    rng = random.Random(f"mine {seed}")
    chosen = sorted(rng.sample(range(len(corpus.answerable)), questions))
    texts = [p.text for p in corpus.passages]
    lowered = [t.lower() for t in texts]
    queries = [corpus.answerable[i].text for i in chosen]
    ranked = fused_ranking(texts, queries)
    negatives: dict[int, list[int]] = {}
    for index, row in zip(chosen, ranked, strict=True):
        question = corpus.answerable[index]
        wrong = [int(p) for p in row if not _answers(lowered[int(p)], int(p), question)]
        if wrong:
            negatives[index] = wrong
    if reader is not None:
        return _most_misleading(corpus, negatives, reader, rng)
    for wrong in negatives.values():
        rng.shuffle(wrong)
    return {index: wrong[:NEGATIVES_PER_QUESTION] for index, wrong in negatives.items()}


def _most_misleading(
    corpus: Corpus, negatives: dict[int, list[int]], reader: Path, rng: random.Random
) -> dict[int, list[int]]:
    """Of each question's first passages those for which ``reader`` least says "no answer here"."""
    models = [load_reader(str(reader)) for _ in range(WORKERS)]
    rows = [(index, p) for index, wrong in negatives.items() for p in wrong[:READ_PER_QUESTION]]
    questions, passages = corpus.answerable, [p.tokens[:MAX_WINDOW_TOKENS] for p in corpus.passages]
    examples = []
    for index, number in rows:
        query = questions[index].tokens
        ids = [CLS, *query, SEP, *passages[number], SEP]
        examples.append(Example(ids, len(query) + 2, [(0, 0)], [IGNORED] * len(ids)))
    sure = np.empty(len(rows))  # log-probability of "no answer"

    def read(numbers: list[int], worker: int) -> None:
        batch = collate([examples[number] for number in numbers])
        first, last, _ = models[worker](batch.input_ids, batch.attention_mask, batch.token_type_ids)
        sure[numbers] = (first.log_softmax(-1)[:, 0] + last.log_softmax(-1)[:, 0]).numpy()

    in_parallel(read, sorted(range(len(rows)), key=lambda row: len(examples[row].ids)))
    scored: dict[int, list[tuple[float, int]]] = {}
    for (index, passage), value in zip(rows, sure, strict=True):
        scored.setdefault(index, []).append((float(value), passage))
    chosen: dict[int, list[int]] = {}
    for index, wrong in scored.items():
        chosen[index] = [p for _, p in sorted(wrong)[:MISLEADING_PER_QUESTION]]
        rng.shuffle(chosen[index])
    return chosen


def fused_ranking(texts: list[str], queries: list[str]) -> NDArray[np.int64]:
    """The best 15 passages of each query, best first, shape ``(queries, 15)``."""
    stemmer = Stemmer.Stemmer("english")
    bm25 = bm25s.BM25()
    bm25.index(bm25s.tokenize(texts, stemmer=stemmer, show_progress=False), show_progress=False)
    passages = embed(texts)
    result = np.empty((len(queries), DEEPEST), dtype=np.int64)
    for start in range(0, len(queries), 512):
        batch = queries[start : start + 512]
        terms = bm25s.tokenize(batch, stemmer=stemmer, show_progress=False)
        ids, scores = bm25.retrieve(terms, k=CANDIDATES, show_progress=False)
        cosine = embed(batch) @ passages.T
        for row in range(len(batch)):
            near = np.argpartition(-cosine[row], CANDIDATES)[:CANDIDATES]
            candidates = np.union1d(near, ids[row])
            lexical = np.zeros(len(candidates))
            lexical[np.searchsorted(candidates, ids[row])] = scores[row]
            fused = DENSE_WEIGHT * min_max(cosine[row][candidates])
            fused += (1 - DENSE_WEIGHT) * min_max(lexical)
            result[start + row] = candidates[np.argsort(-fused, kind="stable")[:DEEPEST]]
    return result


def min_max(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """``scores`` moved into [0, 1]; all equal scores become 0."""
    low, high = float(scores.min()), float(scores.max())
    return np.asarray((scores - low) / (high - low if high > low else 1.0), dtype=np.float64)


def _answers(passage_text: str, passage: int, question: Question) -> bool:
    """Whether the passage may answer: it is the question's own or holds a gold answer's text."""
    if passage == question.passage:
        return True
    return any(answer.lower() in passage_text for answer in question.answers)
