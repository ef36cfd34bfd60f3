r"""Measure a reader's weights on the development sets, alone and across passages.

    python training/evaluate_reader.py ~/reader-training/reader-fp16.safetensors \
        --data ../shared/data [--only 2000] [--baseline ../shared/reader-prototype/weights-...]

Exact match and F1 are SQuAD's. On SQuAD 2.0 a question is answered where span minus null exceeds
a threshold: the best one for this set (as SQuAD's script reports) and the fixed one of
``--threshold``. ``--only`` takes an evenly spaced part of each set.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import string
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sentencex
import torch
from dense import embed
from hard_negatives import DENSE_WEIGHT, min_max
from reader_data import held_out, normalise_passage, read_squad
from reader_model import SpanModel, load_reader, load_tokenizer
from reading import read

FUSED_WEIGHT = 4.0  # weight of the retrieval score beside span minus null, as in the prototype


@dataclass(frozen=True, slots=True)
class Gold:
    """A question with the answers that count; none of them means unanswerable."""

    question: str
    passage: str
    answers: tuple[str, ...]


def normalise(text: str) -> str:
    """SQuAD's: lower case, no punctuation, no articles, single spaces."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def f1(prediction: str, gold: str) -> float:
    """SQuAD's F1 of two texts' words; 1.0 where both are empty."""
    left, right = normalise(prediction).split(), normalise(gold).split()
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    return 2 * common / (len(left) + len(right))


def scores(prediction: str, answers: Sequence[str]) -> tuple[float, float]:
    """``(exact match, F1)`` against the nearest gold answer."""
    exact = max(float(normalise(prediction) == normalise(a)) for a in answers)
    return exact, max(f1(prediction, a) for a in answers)


def squad_gold(path: Path) -> list[Gold]:
    """Every question of a SQuAD file, in order."""
    return [
        Gold(qa["question"], p["context"], tuple(a["text"] for a in qa["answers"]))
        for _, p in read_squad(path)
        for qa in p["qas"]
    ]


def natural_questions_gold(path: Path) -> list[Gold]:
    """Natural Questions with its Penn Treebank spelling undone."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Gold(
            row["question"],
            normalise_passage(row["context"]),
            tuple(normalise_passage(a["text"]) for a in row["answers"]),
        )
        for row in rows
    ]


def new_wiki_gold(path: Path) -> list[Gold]:
    """The articles of squadshifts-new-wiki that training leaves out."""
    return [
        Gold(qa["question"], p["context"], tuple(a["text"] for a in qa["answers"]))
        for title, p in read_squad(path)
        if held_out(title)
        for qa in p["qas"]
    ]


def reading_alone(
    model: SpanModel, tokenizer: Any, golds: list[Gold], threshold: float
) -> dict[str, float]:
    """Percentages; the ``null`` keys only where a question is unanswerable."""
    readings = read(model, tokenizer, [(g.question, g.passage) for g in golds])
    texts = [g.passage[r.start : r.end] for g, r in zip(golds, readings, strict=True)]
    score = np.array([r.score for r in readings])
    empty = np.array([float(not g.answers) for g in golds])
    pairs = [
        scores(t, g.answers) if g.answers else (0.0, 0.0) for t, g in zip(texts, golds, strict=True)
    ]
    exact, partial = np.array(pairs).T
    answerable = empty == 0
    result = {
        "questions": len(golds),
        "answerable EM": 100 * exact[answerable].mean(),
        "answerable F1": 100 * partial[answerable].mean(),
    }
    if not answerable.all():
        # Going down the scores, each question moves from refused to answered.
        order = np.argsort(-score, kind="stable")
        gained = np.concatenate([[0.0], np.cumsum((partial - empty)[order])]) + empty.sum()
        best = int(gained.argmax())
        cut = score[order[best - 1]] if best else np.inf
        for name, limit in (("best", cut), ("fixed", threshold)):
            answered = score >= limit
            result[f"{name} threshold"] = float(limit)
            result[f"EM, {name}"] = 100 * np.where(answered, exact, empty).mean()
            result[f"F1, {name}"] = 100 * np.where(answered, partial, empty).mean()
        ranks = np.empty(len(score))
        ranks[np.argsort(score, kind="stable")] = np.arange(1, len(score) + 1)
        positive, negative = answerable.sum(), (~answerable).sum()
        lost = positive * (positive + 1) / 2
        result["AUROC"] = (ranks[answerable].sum() - lost) / (positive * negative)
    return result


def across_passages(
    models: dict[str, SpanModel], tokenizer: Any, golds: list[Gold], count: int
) -> dict[str, dict[str, float]]:
    """Questions over all paragraphs of a set: the top ten by retrieval, all read, best one kept.

    A right sentence holds a gold answer after SQuAD's normalisation, in any paragraph.
    """
    passages = list(dict.fromkeys(g.passage for g in golds))
    chosen = [golds[i] for i in np.linspace(0, len(golds) - 1, count).astype(int)]
    tops = _top_ten(passages, [g.question for g in chosen])
    pairs = [
        (g.question, passages[i]) for g, (ids, _) in zip(chosen, tops, strict=True) for i in ids
    ]
    recall = np.mean(
        [g.passage in {passages[i] for i in ids} for g, (ids, _) in zip(chosen, tops, strict=True)]
    )
    results: dict[str, dict[str, float]] = {}
    for name, model in models.items():
        readings = read(model, tokenizer, pairs)
        for weight in (0.0, FUSED_WEIGHT):
            rows: list[tuple[float, float, float]] = []
            for number, (gold, (ids, fused)) in enumerate(zip(chosen, tops, strict=True)):
                ten = readings[10 * number : 10 * number + 10]
                best = int(
                    np.argmax([r.score + weight * f for r, f in zip(ten, fused, strict=True)])
                )
                text, reading = passages[ids[best]], ten[best]
                sentence = normalise(_sentence(text, reading.start))
                right = any(normalise(a) in sentence for a in gold.answers)
                rows.append(
                    (float(right), *scores(text[reading.start : reading.end], gold.answers))
                )
            sentence_rate, exact, partial = 100 * np.array(rows).mean(0)
            results[f"{name}, fused × {weight:g}"] = {
                "right sentence": sentence_rate,
                "EM": exact,
                "F1": partial,
                "own passage in top ten": 100 * float(recall),
            }
    return results


def _top_ten(passages: list[str], questions: list[str]) -> list[tuple[list[int], list[float]]]:
    """Passages and fused scores of each question, best first: 0.6 dense + 0.4 BM25, min-max."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    bm25 = bm25s.BM25()
    bm25.index(bm25s.tokenize(passages, stemmer=stemmer, show_progress=False), show_progress=False)
    cosine = embed(questions) @ embed(passages).T
    tops = []
    for row, question in enumerate(questions):
        terms = bm25s.tokenize(question, stemmer=stemmer, return_ids=False, show_progress=False)
        lexical = min_max(bm25.get_scores(terms[0]))
        fused = DENSE_WEIGHT * min_max(cosine[row]) + (1 - DENSE_WEIGHT) * lexical
        ten = np.argsort(-fused, kind="stable")[:10]
        tops.append(([int(i) for i in ten], [float(fused[i]) for i in ten]))
    return tops


def _sentence(text: str, position: int) -> str:
    """The sentence of ``text`` that holds ``position``."""
    for found in sentencex.get_sentence_boundaries("en", text):
        if found["start_index"] <= position < found["end_index"]:
            return text[found["start_index"] : found["end_index"]]
    return text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--baseline", type=Path, help="weights to compare across passages with")
    parser.add_argument("--mpnet", help="all-mpnet-base-v2's folder: the weights are a teacher's")
    parser.add_argument("--only", type=int, help="at most so many questions of a set")
    parser.add_argument(
        "--across", type=int, default=400, help="questions across passages; 0: none"
    )
    parser.add_argument("--threshold", type=float, default=0.0, help="fixed span minus null")
    parser.add_argument("--sets", nargs="*", default=["squad2", "squad1", "nq", "newwiki"])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, tokenizer = load_reader(str(arguments.weights), arguments.mpnet), load_tokenizer()
    squad1 = squad_gold(arguments.data / "squad-dev-v1.1.json.gz")
    sets = {
        "squad2": squad_gold(arguments.data / "squad-dev-v2.0.json.gz"),
        "squad1": squad1,
        "nq": natural_questions_gold(arguments.data / "natural-questions-dev.jsonl.gz"),
        "newwiki": new_wiki_gold(arguments.data / "squadshifts-new-wiki.json.gz"),
    }
    for name in arguments.sets:
        golds = sets[name]
        if arguments.only and arguments.only < len(golds):
            golds = [golds[i] for i in np.linspace(0, len(golds) - 1, arguments.only).astype(int)]
        began = time.monotonic()
        report(name, reading_alone(model, tokenizer, golds, arguments.threshold))
        print(f"    {len(golds) / (time.monotonic() - began):.0f} pairs a second", flush=True)
    if arguments.across:
        models = {"these weights": model}
        if arguments.baseline:
            models["baseline"] = load_reader(str(arguments.baseline))
        for name, figures in across_passages(models, tokenizer, squad1, arguments.across).items():
            report(f"across passages, {name}", figures)


def report(name: str, figures: dict[str, float]) -> None:
    print(
        name + ": " + ", ".join(f"{key} {value:.4g}" for key, value in figures.items()), flush=True
    )


if __name__ == "__main__":
    main()
