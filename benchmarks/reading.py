"""How fast does the reader read, against the same model in plain fp32 torch in the same run?

    python benchmarks/reading.py DOCS GOLD [--questions 50] [--without-bf16 {int8,float32}]

Ten retrieved passages a question: all of them, and as `SpanReader` does it, which reads the last
only where the first ones leave it open. Says too whether all point at the same words, and how often
at a right sentence. ``--without-bf16`` shuts out this processor's bf16: in int8 as ships for those
that have none, or in float32.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import torch

from embeddings import int8
from embeddings.runtime import pad
from qa.bot import PASSAGES_READ, Bot
from qa.cite import cite
from qa.evaluate import is_right
from qa.gold import read_gold, sample
from qa.read import Extract
from qa.span import SpanReader


class WholeReader(SpanReader):
    """Reads all passages, whatever the first ones say."""

    first_read = PASSAGES_READ


class TorchReader(WholeReader):
    """The reader as it is without an export: torch, fp32."""

    def __init__(self) -> None:
        super().__init__()
        module = self._graph.load_module()
        inputs = self._graph.settings["inputs"]

        def run(encodings):  # type: ignore[no-untyped-def]
            if not encodings:
                return
            arrays = pad(encodings, self._graph.settings["pad_id"])
            with torch.inference_mode():
                results = module(*(torch.from_numpy(arrays[name]) for name in inputs))
            yield list(range(len(encodings))), [r.numpy() for r in results]

        self._graph.run = run  # type: ignore[method-assign]


def without_bf16(cache: str, *, rounded: bool) -> None:
    """Exports to `cache` as for a processor without bf16, and keeps OpenVINO from using it.

    In int8 if `rounded`, else in float32.
    """
    os.environ["PINCITE_CACHE"] = cache
    round_matrices = int8.round_matrices
    int8.lacks_bf16 = lambda: True
    int8.round_matrices = lambda graph: {
        **(round_matrices(graph) if rounded else {}),
        "INFERENCE_PRECISION_HINT": "f32",
    }


def place(extract: Extract) -> tuple[str, int, int]:
    """Where an extract stands."""
    return extract.hit.passage.document, extract.start, extract.end


def words(extract: Extract) -> str:
    """What an extract says."""
    passage = extract.hit.passage
    return passage.text[extract.start - passage.start : extract.end - passage.start]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("docs", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--without-bf16", choices=["int8", "float32"])
    arguments = parser.parse_args()
    if arguments.without_bf16:
        with tempfile.TemporaryDirectory() as cache:
            without_bf16(cache, rounded=arguments.without_bf16 == "int8")
            compare(arguments)
    else:
        compare(arguments)


def compare(arguments: argparse.Namespace) -> None:
    """Prints times, ratios and what differs."""
    golds = sample(read_gold(arguments.gold), arguments.questions)
    readers = {
        "as it ships": SpanReader(),
        "OpenVINO": WholeReader(),
        "torch fp32": TorchReader(),
    }
    times: dict[str, list[float]] = {name: [] for name in readers}
    first: dict[str, list[Extract]] = {name: [] for name in readers}
    right = dict.fromkeys(readers, 0)
    with Bot.open(arguments.docs, index=arguments.index) as bot:
        for gold in golds:
            hits = bot.search(gold.question, PASSAGES_READ)
            for name, reader in readers.items():
                began = time.perf_counter()
                first[name].append(reader.read(gold.question, hits)[0])
                times[name].append(time.perf_counter() - began)
                (cited,) = cite(first[name][-1:], bot.document, limit=1)
                right[name] += is_right(gold, cited.quote, cited.path)
    for name, found in times.items():
        milliseconds = 1000 * median(found[1:])
        print(f"{name:<12} {milliseconds:6.1f} ms a question, right {right[name] / len(golds):.3f}")
    for name in ("OpenVINO", "as it ships"):
        ratio = median(times["torch fp32"][1:]) / median(times[name][1:])
        pairs = list(zip(first[name], first["torch fp32"], strict=True))
        differ = [(a, b) for a, b in pairs if place(a) != place(b)]
        same = len(pairs) - len(differ)
        print(f"torch fp32 / {name}: {ratio:.2f}; the same words first in {same} of {len(pairs)}")
        for ours, plain in differ:
            print(f"  {words(ours)!r} instead of {words(plain)!r}")


if __name__ == "__main__":
    main()
