"""How long does retrieval take by the size of the corpus, and its parts?

    python -m benchmarks.retrieving INDEX GOLD [--sizes 1000,10000,100000,500000]

Indexes of each size are made from the documents of INDEX (made by `benchmarks/indexing.py DOCS
--index INDEX`), nothing being embedded; beyond its own size they are copied. The baseline of the
dense search is brute force in numpy over the same vectors.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

from benchmarks.measure import exact, folder_mb, memory_mb, milliseconds, p50_p95, vectors_of
from embeddings.encoder import Encoder, SentenceTransformerEncoder
from embeddings.indexer import open_store
from embeddings.passages import Window
from embeddings.store import Store
from qa.bot import PASSAGES_READ
from qa.gold import read_gold, sample
from qa.retrieve import POOL, Retriever


def fill(store: Store, source: Store, size: int) -> None:
    """Adds the documents of `source`, again and again, until there are `size` passages."""
    listings = source.listings()
    done = 0
    for time_round in count():
        for listing in listings:
            document = source.document(listing.document)
            passages = source.passages_of(listing.document)
            name = f"{time_round}-{listing.path}"
            store.add(
                replace(document, id=f"{time_round}-{document.id}", path=name),
                [Window(p.start, p.end, p.sentences) for p in passages],
                source.vectors_of(listing.document),
            )
            done += len(passages)
            if done >= size:
                return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--sizes", default="1000,10000,100000,500000")
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()
    encoder = SentenceTransformerEncoder()
    golds = sample(read_gold(arguments.gold), arguments.questions)
    questions = [gold.question for gold in golds]
    times = milliseconds(encoder.encode_question, questions)
    print(f"a question's vector: {p50_p95(times)} ms. Milliseconds, p50 / p95 of {len(questions)}:")
    print(
        "passages  open s    MB  memory MB   dense (numpy)   dense   words   passages   retrieval"
    )
    for size in map(int, arguments.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            with (
                open_store(arguments.index, encoder) as source,
                open_store(Path(folder), encoder) as store,
            ):
                fill(store, source, size)
                store.warm()
            print(row(Path(folder), encoder, questions), flush=True)


def row(folder: Path, encoder: Encoder, questions: list[str]) -> str:
    """The table's row for the index in `folder`."""
    before = memory_mb()
    began = time.perf_counter()
    with open_store(folder, encoder) as store:
        store.warm()
        opened = time.perf_counter() - began
        memory = memory_mb() - before
        encoded = [encoder.encode_question(question) for question in questions]
        found = [[i for i, _ in store.nearest(vector, PASSAGES_READ)] for vector in encoded]
        retriever = Retriever(store, encoder)
        times = [
            milliseconds(lambda vector: store.nearest(vector, POOL), encoded),
            milliseconds(lambda question: store.matching(question, POOL), questions),
            milliseconds(store.passages, found),
            milliseconds(lambda question: retriever.retrieve(question, PASSAGES_READ), questions),
        ]
        vectors = vectors_of(store)
        baseline = milliseconds(lambda vector: exact(vectors, vector, POOL), encoded)
        cells = "".join(f"{p50_p95(each):>15}" for each in (baseline, *times))
        return f"{len(store):8}{opened:8.2f}{folder_mb(folder):6.0f}{memory:11.0f}{cells}"


if __name__ == "__main__":
    main()
