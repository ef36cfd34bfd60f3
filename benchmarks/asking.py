"""How long does a person wait: for --help, for `pincite ask`, for an open bot?

    python benchmarks/asking.py DOCS GOLD [--questions 100]

The folder's index is refreshed first. Commands are whole processes, from start to exit; their
baseline is a Python that starts and does nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from qa.bot import Bot
from qa.gold import read_gold, sample
from qa.metrics import percentile

PINCITE = [sys.executable, "-c", "from qa.cli import main; main()"]


def seconds(command: list[str], runs: int = 7) -> float:
    """The median wall time of a command, after one run that warms the disk cache."""
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("docs", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--index", type=Path)
    arguments = parser.parse_args()
    golds = sample(read_gold(arguments.gold), arguments.questions)
    began = time.perf_counter()
    with Bot.open(arguments.docs, index=arguments.index) as bot:
        opened = time.perf_counter() - began
        bot.ask(golds[0].question)
        times = [1000 * bot.ask(gold.question, history=gold.history).seconds for gold in golds]
        passages = len(bot.store)
    ask = [*PINCITE, "ask", golds[0].question, "--docs", str(arguments.docs)]
    if arguments.index is not None:
        ask += ["--index", str(arguments.index)]
    print(f"passages                {passages}")
    print(f"python -c pass          {seconds([sys.executable, '-c', 'pass']):.2f} s")
    print(f"pincite --help          {seconds([*PINCITE, '--help']):.2f} s")
    print(f"pincite ask             {seconds(ask):.2f} s")
    print(f"opening the bot         {opened:.2f} s")
    p50, p95 = percentile(times, 50), percentile(times, 95)
    print(f"a question, open bot    p50 {p50:.0f} ms, p95 {p95:.0f} ms ({len(times)} questions)")


if __name__ == "__main__":
    main()
