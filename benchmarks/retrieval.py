"""What does fusing bring? Each single retriever, two textbook fusions and ours, in one run.

    python benchmarks/retrieval.py ~/development/nq ~/development/doc2dial [--questions 500]

Each folder holds `docs/` and `gold.jsonl` (`training/development_sets.py` makes them); the indexes
are kept in `--indexes`. A passage is right if it holds a right sentence, as in `pincite eval`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from embeddings.encoder import SentenceTransformerEncoder
from embeddings.indexer import index_folder, open_store
from embeddings.passages import Passage
from embeddings.store import Store
from qa.evaluate import DEPTH, first_right
from qa.followup import understand
from qa.gold import read_gold, sample
from qa.metrics import mrr_at, percentile, recall_at
from qa.retrieve import POOL, Retriever

Scores = dict[int, float]
OURS = "fused"


def rankings(
    store: Store, encoder: SentenceTransformerEncoder, question: str
) -> Iterator[tuple[str, Sequence[int]]]:
    """What each way finds: its name and the ids of the passages, best first."""
    vector = encoder.encode_question(question)
    dense = dict(store.nearest(vector, POOL))
    lexical = dict(store.matching(question, POOL))
    yield "dense", list(dense)
    yield "words", list(lexical)
    found = dense.keys() | lexical.keys()
    reciprocal = {
        i: sum(1 / (60 + list(side).index(i) + 1) for side in (dense, lexical) if i in side)
        for i in found
    }
    yield "reciprocal ranks", best(reciprocal)
    missing = [i for i in found if i not in dense]
    dense |= zip(missing, store.similarities(vector, missing), strict=True)
    near, worded = spread(dense), spread({i: lexical.get(i, 0.0) for i in found})
    yield "min-max, 0.6 dense", best({i: 0.6 * near[i] + 0.4 * worded[i] for i in found})


def best(scores: Scores) -> list[int]:
    return sorted(scores, key=lambda i: (-scores[i], i))


def spread(scores: Scores) -> Scores:
    low, high = min(scores.values()), max(scores.values())
    return {i: (s - low) / (high - low) if high > low else 0.0 for i, s in scores.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, help="so many of each, evenly spread")
    parser.add_argument("--indexes", type=Path, default=Path("/tmp/pincite-retrieval"))
    arguments = parser.parse_args()
    encoder = SentenceTransformerEncoder()
    print(f"{'':<32}   R@1   R@5  R@20 MRR@10")
    for folder in arguments.folders:
        golds = [gold for gold in read_gold(folder / "gold.jsonl") if gold.answerable]
        golds = sample(golds, arguments.questions)
        ranks: dict[str, list[int | None]] = {}
        milliseconds = []
        with open_store(arguments.indexes / folder.name, encoder) as store:
            index_folder(folder / "docs", store, encoder)
            retriever = Retriever(store, encoder)
            for gold in golds:
                question = understand(gold.question, gold.history).question
                found: dict[str, list[Sequence[Passage]]] = {
                    way: [(passage,) for passage in store.passages(ids[:DEPTH])]
                    for way, ids in rankings(store, encoder, question)
                }
                began = time.perf_counter()
                hits = retriever.retrieve(question, DEPTH)
                milliseconds.append(1000 * (time.perf_counter() - began))
                found[OURS] = [hit.places for hit in hits]
                for way, passages in found.items():
                    rank = first_right(gold, passages, store.document, store.paths)
                    ranks.setdefault(way, []).append(rank)
            size = len(store)
        p50, p95 = percentile(milliseconds, 50), percentile(milliseconds, 95)
        print(
            f"{folder.name}: {size:,} passages, {len(golds):,} questions; "
            f"{OURS} p50 {p50:.0f} ms, p95 {p95:.0f} ms"
        )
        for way, of in ranks.items():
            figures = [*(recall_at(k, of) for k in (1, 5, 20)), mrr_at(10, of)]
            print(
                f"  {way:<30}"
                + "".join(f"{figure:6.3f}" for figure in figures if figure is not None)
            )


if __name__ == "__main__":
    main()
