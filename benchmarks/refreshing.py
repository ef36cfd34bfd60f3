"""How long until one changed file among thousands answers anew, and what share is reading?

    python benchmarks/refreshing.py DOCS INDEX

Works on copies of both; INDEX is made by `benchmarks/indexing.py DOCS --index INDEX`. The baseline
is reading and hashing all files, as a refresh that trusts no size and time must.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from embeddings.documents import find_documents
from embeddings.encoder import SentenceTransformerEncoder
from embeddings.indexer import index_folder, open_store

RUNS = 5


def seconds(call: Callable[[], object]) -> float:
    """The median time of a few runs."""
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("docs", type=Path)
    parser.add_argument("index", type=Path)
    arguments = parser.parse_args()
    encoder = SentenceTransformerEncoder()
    encoder.encode_question("warm up")
    with tempfile.TemporaryDirectory() as folder:
        docs, index = Path(folder, "docs"), Path(folder, "index")
        shutil.copytree(arguments.docs, docs, ignore=shutil.ignore_patterns(".pincite"))
        shutil.copytree(arguments.index, index)
        paths = find_documents(docs)
        with open_store(index, encoder) as store:
            index_folder(docs, store, encoder)
            number = 0

            def refresh() -> None:
                nonlocal number
                number += 1
                path = paths[number * 7 % len(paths)]
                path.write_text(f"{path.read_text('utf-8')}\n\nChange {number}.", "utf-8")
                assert len(index_folder(docs, store, encoder).changed) == 1

            def read() -> None:
                for path in paths:
                    hashlib.sha256(path.read_bytes()).digest()

            def status() -> None:
                for path in find_documents(docs):
                    path.stat()

            lines = {
                "reading and hashing all files": seconds(read),
                "listing the folder, size and time": seconds(status),
                "refreshing, nothing changed": seconds(lambda: index_folder(docs, store, encoder)),
                "refreshing, one file changed": seconds(refresh),
            }
            print(f"files                              {len(paths)}")
            print(f"passages                           {len(store)}")
    for name, took in lines.items():
        print(f"{name:<34} {took:.3f} s")


if __name__ == "__main__":
    main()
