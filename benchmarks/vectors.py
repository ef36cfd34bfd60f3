"""Which FAISS index: recall against exact search, latency, size and time to build of each type?

    python -m benchmarks.vectors INDEX GOLD [--count 1000000] [--types "SQfp16;SQ8;…"]

The vectors are those in INDEX (made by `benchmarks/indexing.py DOCS --index INDEX`) for the bundled
model. Where --count asks for more, copies with noise are added (cosine to the original about .96).
The questions are GOLD's. The baseline is brute force in numpy over float32; one thread searches.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import faiss
import numpy as np

from benchmarks.measure import exact, memory_mb, milliseconds, p50_p95, vectors_of
from embeddings.encoder import SentenceTransformerEncoder
from embeddings.indexer import open_store
from embeddings.runtime import Floats
from qa.gold import read_gold, sample

K = 50
TYPES: dict[str, tuple[int, ...]] = {
    "Flat": (),
    "SQfp16": (),
    "SQ8": (),
    "IVF1024,Flat": (16, 64, 128),
    "IVF1024,SQfp16": (64, 128),
    "IVF1024,SQ8": (64, 128),
    "HNSW32": (64, 128, 256),
}
"""The types in the notation of FAISS's index factory, and how wide each is to search: cells probed,
or candidates kept; where there are none, all vectors are compared."""
NOISE = 0.3
"""The length of what is added to a copied unit vector."""


def grown(vectors: Floats, count: int) -> Floats:
    """`count` vectors: the first of those given, then noisy copies of them."""
    chance = np.random.default_rng(0)
    result = np.empty((count, vectors.shape[1]), np.float32)
    for at in range(0, count, len(vectors)):
        part = vectors[: count - at]
        if at:
            noise = chance.standard_normal(part.shape, np.float32)
            part = part + noise * np.float32(NOISE / part.shape[1] ** 0.5)
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        result[at : at + len(part)] = part
    return result


def judged(
    index: faiss.Index, questions: list[Floats], truth: list[list[int]]
) -> tuple[list[float], list[float]]:
    """Milliseconds by question, and recall at 10 and at K."""
    times = milliseconds(lambda question: index.search(question[None], K), questions)
    found = [index.search(question[None], K)[1][0].tolist() for question in questions]
    pairs = list(zip(found, truth, strict=True))
    recalls = [
        float(np.mean([len({*ours[:k]} & {*theirs[:k]}) / k for ours, theirs in pairs]))
        for k in (10, K)
    ]
    return times, recalls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--count", type=int)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--types", default=";".join(TYPES), help="separated by semicolons")
    arguments = parser.parse_args()
    encoder = SentenceTransformerEncoder()
    with open_store(arguments.index, encoder) as store:
        vectors = vectors_of(store)
    vectors = grown(vectors, arguments.count or len(vectors))
    golds = sample(read_gold(arguments.gold), arguments.questions)
    questions = [encoder.encode_question(gold.question) for gold in golds]
    truth = [exact(vectors, question, K) for question in questions]
    times = milliseconds(lambda question: exact(vectors, question, K), questions)
    print(f"{len(vectors)} vectors, {len(questions)} questions, top {K}")
    print(
        "type           width     p50 / p95 ms   recall@10  recall@50  built s  file MB  memory MB"
    )
    print(f"numpy float32     all{p50_p95(times):>17}{1:12.4f}{1:11.4f}")
    for name in arguments.types.split(";"):
        faiss.omp_set_num_threads(2)
        before = memory_mb()
        began = time.perf_counter()
        index = faiss.index_factory(vectors.shape[1], name, faiss.METRIC_INNER_PRODUCT)
        index.train(vectors[:: max(1, len(vectors) // 100_000)])
        for at in range(0, len(vectors), 4096):
            index.add(vectors[at : at + 4096])
        built = time.perf_counter() - began
        grew = memory_mb() - before
        with tempfile.NamedTemporaryFile() as file:
            faiss.write_index(index, file.name)
            size = Path(file.name).stat().st_size / 1e6
        faiss.omp_set_num_threads(1)
        for width in TYPES.get(name, ()) or (0,):
            if width:
                parameter = "efSearch" if name.startswith("HNSW") else "nprobe"
                faiss.ParameterSpace().set_index_parameter(index, parameter, width)
            times, recalls = judged(index, questions, truth)
            print(
                f"{name:<16}{width or 'all':>5}{p50_p95(times):>18}{recalls[0]:12.4f}"
                f"{recalls[1]:11.4f}{built:9.1f}{size:9.0f}{grew:12.0f}",
                flush=True,
            )
        del index


if __name__ == "__main__":
    main()
