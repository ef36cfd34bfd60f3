"""How does the page hold when many people ask at once, and how soon is it there?

    python -m benchmarks.serving DOCS GOLD [--people 20] [--seconds 60]

`pincite serve` runs as a process of its own on an index that exists. Each person asks the next of
the gold questions as soon as the last is answered, through the endpoint's queue, and nobody thinks
in between. The baseline is one person alone, in the same run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.measure import free_port, memory_mb, p50_p95, served
from qa.bot import Bot
from qa.gold import read_gold


def ask(address: str, question: str) -> None:
    """Asks and waits for the answer. Raises `OSError` or `ValueError` where there is none."""
    endpoint = f"{address}gradio_api/call/ask"
    body = json.dumps({"data": [question, None, None]}).encode()
    request = urllib.request.Request(endpoint, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        event = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{endpoint}/{event}", timeout=120) as response:
        if "event: complete" not in response.read().decode():
            raise ValueError("the call ended in an error")


def asking(
    address: str, questions: list[str], people: int, seconds: float
) -> tuple[list[float], int]:
    """The milliseconds of each answer, and the number of errors."""
    times: list[float] = []
    errors: list[Exception] = []
    until = time.perf_counter() + seconds

    def person(number: int) -> None:
        for question in itertools.islice(itertools.cycle(questions), number, None):
            began = time.perf_counter()
            if began > until:
                return
            try:
                ask(address, question)
            except (OSError, ValueError) as error:
                errors.append(error)
            else:
                times.append(1000 * (time.perf_counter() - began))

    threads = [threading.Thread(target=person, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(errors)


def usable(address: str) -> float | None:
    """The seconds until a browser shows the page with its documents; None without one."""
    from shutil import which

    from playwright.sync_api import sync_playwright

    chromium = which("chromium")
    if chromium is None:
        return None
    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        page.wait_for_selector("#documents li")
        seconds = time.perf_counter() - began
        browser.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("docs", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    questions = [gold.question for gold in read_gold(arguments.gold)]
    Bot.open(arguments.docs).close()
    with served(arguments.docs, free_port()) as (address, process, started):
        print(f"from `pincite serve` to an answering address   {started:.2f} s")
        shown = usable(address)
        print(f"from there to a usable page in a browser       {shown or float('nan'):.2f} s")
        began = time.perf_counter()
        ask(address, questions[0])
        print(f"first answer                                   {time.perf_counter() - began:.2f} s")
        asking(address, questions, 1, 3)
        print(f"memory before                                  {memory_mb(process):.0f} MB")
        for people, seconds in (
            (1, min(15.0, arguments.seconds)),
            (arguments.people, arguments.seconds),
        ):
            times, errors = asking(address, questions, people, seconds)
            print(
                f"{people:>3} at once for {seconds:.0f} s: p50 / p95 {p50_p95(times)} ms, "
                f"{len(times) / seconds:.1f} answers a second, {errors} errors"
            )
        print(f"memory after                                   {memory_mb(process):.0f} MB")


if __name__ == "__main__":
    main()
