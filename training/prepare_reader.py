r"""Make the tokenised corpus with its hard negatives, once, as a cache for training.

python training/prepare_reader.py --data ../shared/data --packages PACKAGES \
    --out ~/reader-training/corpus.pkl
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections import Counter
from pathlib import Path

import torch
from hard_negatives import mine
from reader_data import join, load_corpus, load_pages
from reader_model import load_tokenizer
from written import load_written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--packages", type=Path, required=True, help="folder of news.py's packages")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mine", type=int, default=40_000, help="questions to find negatives for")
    parser.add_argument("--reader", type=Path, help="weights that the negatives shall mislead")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    began = time.monotonic()
    tokenizer = load_tokenizer().backend_tokenizer
    corpus, pages = load_corpus(arguments.data, tokenizer), load_pages(arguments.data, tokenizer)
    print("passages", Counter(p.source for p in corpus.passages), flush=True)
    print("answerable", Counter(q.source for q in corpus.answerable), flush=True)
    print("several occurrences", sum(not q.certain for q in corpus.answerable), flush=True)
    print("unanswerable", len(corpus.unanswerable), f"{time.monotonic() - began:.0f} s", flush=True)
    negatives = mine(corpus, questions=arguments.mine, seed=arguments.seed, reader=arguments.reader)
    counts = Counter(len(found) for found in negatives.values())
    print("questions by number of negatives", counts, flush=True)
    join(corpus, pages)
    print("on pages", len(pages.answerable), flush=True)
    written = load_written(arguments.data, arguments.packages, tokenizer)
    join(corpus, written)
    print("written", len(written.answerable), len(written.unanswerable), flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("wb") as file:
        pickle.dump((corpus, negatives), file)
    print(f"done in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
