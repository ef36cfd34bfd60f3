"""How long does a person wait in the browser: for an answer, and for a sentence in its document?

    python -m benchmarks.browsing DOCS GOLD [--questions 100] [--index DIR] [--one-document]

`pincite serve` runs in a process of its own, chromium without a window drives its page. A time is
from the click to the second frame after the page shows what was asked for (33 ms are the frames).
The baseline is the bot's own time for the same question in the same process, asked by the endpoint
just before. With `--one-document` the first megabyte of DOCS is served as one document.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import free_port, p50_p95, served
from qa.gold import read_gold, sample

MEGABYTE = 1_000_000
A_PAGE = 30
"""Questions asked before the page is loaded anew; it keeps 40 turns."""

TIMED = """async ([act, done]) => {
  const shows = new Function(`return ${done}`);
  const before = shows();
  const began = performance.now();
  new Function(act)();
  while (shows() === before) await new Promise((next) => setTimeout(next));
  await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
  return performance.now() - began;
}"""
ANSWERS = "document.querySelectorAll('#chat .answer:not(.pending)').length"
SEND = "document.querySelector('#box .submit-button').click()"
HIT = "document.querySelector('#source .hit')"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("docs", type=Path)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--one-document", action="store_true")
    arguments = parser.parse_args()
    golds = sample(read_gold(arguments.gold), arguments.questions)
    with tempfile.TemporaryDirectory() as folder:
        docs = arguments.docs
        if arguments.one_document:
            docs = joined(arguments.docs, Path(folder))
        page_served = served(docs, free_port(), arguments.index)
        with page_served as (address, _, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            loads, own, answers, chips = [], [], [], []
            for first in range(0, len(golds), A_PAGE):
                loads.append(load(page, address))
                for gold in golds[first : first + A_PAGE]:
                    own.append(bots_own_time(address, gold.question))
                    answers.append(ask(page, gold.question))
                chips += follow_chips(page)
            browser.close()
    print(f"the bot alone, ms              {p50_p95(own)} ({len(own)} questions)")
    print(f"page loaded until usable, ms   {p50_p95(loads)} ({len(loads)} times)")
    print(f"question to answer drawn, ms   {p50_p95(answers)} ({len(answers)} questions)")
    print(f"chip to highlight, ms          {p50_p95(chips)} ({len(chips)} chips)")


def load(page: Page, address: str) -> float:
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    taken = 1000 * (time.perf_counter() - began)
    page.wait_for_timeout(2000)  # the example questions are being tried
    return taken


def bots_own_time(address: str, question: str) -> float:
    """What the bot in the server took for the question, in ms."""
    url = f"{address}gradio_api/call/ask"
    data = json.dumps({"data": [question, None, None]}).encode()
    with urlopen(Request(url, data, {"content-type": "application/json"})) as response:
        event = json.load(response)["event_id"]
    with urlopen(f"{url}/{event}") as response:
        last = response.read().decode().strip().rpartition("data: ")[2]
    return 1000 * float(json.loads(last)[0]["seconds"])


def ask(page: Page, question: str) -> float:
    page.fill("#box textarea", question)
    return float(page.evaluate(TIMED, [SEND, ANSWERS]))


def follow_chips(page: Page) -> list[float]:
    """The times of a click on each citation, folded ones too, one after the other."""
    page.evaluate("document.querySelectorAll('#chat details').forEach((each) => each.open = true)")
    times = []
    for number in range(page.locator("#chat a.cite").count()):
        click = f"document.querySelectorAll('#chat a.cite')[{number}].click()"
        if page.evaluate(f"{CHIP.format(number)} === {MARKED}"):
            continue  # the sentence is open already
        times.append(float(page.evaluate(TIMED, [click, MARKED])))
    return times


CHIP = "document.querySelectorAll('#chat a.cite')[{}].getAttribute('href')"
MARKED = "document.querySelector('#chat a.cite[aria-current]')?.getAttribute('href')"


def joined(docs: Path, folder: Path) -> Path:
    """A folder with the first megabyte of the documents in one."""
    text = ""
    for path in sorted(docs.glob("*.txt")):
        text += path.read_text("utf-8") + "\n\n"
        if len(text) >= MEGABYTE:
            break
    (folder / "joined.txt").write_text(text[:MEGABYTE], "utf-8")
    return folder


if __name__ == "__main__":
    main()
