"""How fast is a folder indexed, against a plain SentenceTransformer.encode loop in the same run?

    python benchmarks/indexing.py DOCS [--index INDEX] [--baseline-passages 1000]

Indexes DOCS into INDEX, which must be new and is kept, or into a temporary folder; then again
unchanged. The baseline encodes a sample of the same passages in torch with the library's defaults.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from embeddings.encoder import BUNDLED, SentenceTransformerEncoder, load_sentence_transformer
from embeddings.encoder import model_folder as folder_of
from embeddings.indexer import index_folder, open_store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("docs", type=Path)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--baseline-passages", type=int, default=1000)
    arguments = parser.parse_args()
    encoder = SentenceTransformerEncoder()
    encoder.encode_question("warm up")
    temporary = None if arguments.index else tempfile.TemporaryDirectory()
    folder = arguments.index or Path(temporary.name if temporary else "")
    with open_store(folder, encoder) as store:
        used = resource.getrusage(resource.RUSAGE_SELF)
        first = index_folder(arguments.docs, store, encoder)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        again = index_folder(arguments.docs, store, encoder)
    began = time.perf_counter()
    with open_store(folder, encoder) as store:
        store.warm()
        opened = time.perf_counter() - began
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
        texts = [
            passage.text
            for listing in store.listings()
            for passage in store.passages_of(listing.document)
        ]
    step = max(1, len(texts) // arguments.baseline_passages)
    sample = texts[::step]
    if temporary is not None:
        temporary.cleanup()
    model = load_sentence_transformer(folder_of(BUNDLED))
    model.encode(sample[:32])
    began = time.perf_counter()
    model.encode(sample)
    baseline = len(sample) / (time.perf_counter() - began)
    speed = first.embedded / first.seconds
    print(f"files                          {len(first.added)}")
    print(f"passages                       {first.embedded}")
    print(f"indexed in                     {first.seconds:.1f} s")
    print(f"passages a second              {speed:.0f} (reading, splitting and storing included)")
    print(f"SentenceTransformer.encode     {baseline:.0f} passages a second")
    print(f"ratio                          {speed / baseline:.2f}")
    print(f"unchanged folder again         {again.seconds:.2f} s, {again.embedded} embedded")
    print(f"opening the index              {opened:.2f} s")
    user, system = usage.ru_utime - used.ru_utime, usage.ru_stime - used.ru_stime
    print(f"processor time, user / system  {user:.0f} / {system:.0f} s")
    print(f"peak memory while indexing     {usage.ru_maxrss / 1024:.0f} MB")
    print(f"index size                     {size:.0f} MB")


if __name__ == "__main__":
    main()
