"""The page itself, in Debian's chromium, over the seed article and a hostile document."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import os
import re
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, HttpCredentials, Locator, Page, expect, sync_playwright

from embeddings.errors import StoreError
from qa.bot import Answer, Bot
from qa.examples import example_questions
from qa.feedback import Feedback
from qa.gold import read_gold
from qa.ui.page import ServeError, running

SEEDS = Path(__file__).parent.parent / "seeds"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
HOSTILE = (
    "The code of the rocket is <img src=x onerror=window.pwned=1> <script>window.pwned=1</script>"
    " ${window.pwned=1} {{value}} `x` $$x$$ **bold** ![b](http://203.0.113.9/b.png)</mark>."
)
HOSTILE_TITLE = "<img src=x onerror=window.pwned=2> ${window.pwned=3} {{value}}"
ADVISER = (
    "“The president was clear that he would not supply certain offensive weapons for such an "
    "operation were to occur,” national security adviser Jake Sullivan told reporters at the "
    "White House Monday."
)
SEED_TITLE = (
    "US assesses Israel has amassed enough troops to launch full-scale incursion into Rafah, "
    "officials say"
)


class PointingBot(Bot):
    """The real bot, but for questions whose answer the page's tests must know beforehand."""

    broken: ClassVar = {"Is the disk full?"}
    known: ClassVar = {
        "Who is the national security adviser?": (ADVISER, "Jake Sullivan"),
        f"What is the code {HOSTILE}?": (HOSTILE, "rocket"),
    }

    def ask(
        self,
        question: str,
        *,
        history: Sequence[tuple[str, str]] = (),
        min_confidence: float | None = None,
        within: Sequence[str] = (),
        after: str | None = None,
        before: str | None = None,
    ) -> Answer:
        if question in self.broken:
            raise StoreError("The index in <b>here</b> cannot be used: the disk is full.")
        if question == "What is one by nought?":
            raise ZeroDivisionError
        if question == "What takes long?":
            time.sleep(1)
        answer = super().ask(
            question,
            history=history,
            min_confidence=min_confidence,
            within=within,
            after=after,
            before=before,
        )
        if question not in self.known:
            return answer
        quote, short = self.known[question]
        documents = [self.document(listing.document) for listing in self.store.listings()]
        document = next(d for d in documents if quote in d.text)
        start = document.text.index(quote)
        citation = dataclasses.replace(
            (answer.citations or answer.nearest)[0],
            document=document.id,
            path=document.path,
            title=document.title,
            start=start,
            end=start + len(quote),
            quote=quote,
            answer_start=start + quote.index(short),
            answer_end=start + quote.index(short) + len(short),
            answer=short,
        )
        return dataclasses.replace(
            answer, text=short, confidence=0.93, citations=(citation,), nearest=()
        )


class Calls:
    """Every host that this process looks up or connects to while `listening`."""

    def __init__(self) -> None:
        self.listening = False
        self.hosts: set[str] = set()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.listening:
            return
        if event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self.hosts.add(str(args[0]))
        elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
            self.hosts.add(str(args[1][0]))


@pytest.fixture(scope="module")
def calls() -> Iterator[Calls]:
    calls = Calls()
    yield calls
    calls.listening = False


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PointingBot]:
    folder = tmp_path_factory.mktemp("documents")
    for seed in SEEDS.glob("*.txt"):
        shutil.copy(seed, folder)
    name = "<img src=x onerror=window.pwned=4>.txt"
    (folder / name).write_text(f"{HOSTILE_TITLE}\n\n{HOSTILE}\n", "utf-8")
    with PointingBot.open(folder) as bot:
        assert isinstance(bot, PointingBot)
        yield bot


@contextmanager
def served(page: AbstractContextManager[str]) -> Iterator[str]:
    """Collects the event loops that Gradio leaves unclosed, here, where nobody minds."""
    with ExitStack() as ended:
        with _unwarned():
            address = ended.enter_context(page)
            gc.collect()
        try:
            yield address
        finally:
            with _unwarned():
                ended.close()
                asyncio.set_event_loop(None)
                gc.collect()


@contextmanager
def _unwarned() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield


@pytest.fixture(scope="module")
def address(bot: PointingBot, calls: Calls) -> Iterator[str]:
    calls.listening = True
    with served(running(bot, port=free_port())) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "chromium is not installed: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, address: str, credentials: HttpCredentials | None = None
) -> Iterator[Page]:
    """The page at 1440 × 900; afterwards no request left this machine and no script failed."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        http_credentials=credentials,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    outside: list[str] = []
    faults: list[str] = []
    inside = (address, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(inside) else outside.append(r.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        open_page(page, address)
        yield page
        assert page.evaluate("window.pwned") is None
        assert (outside, faults) == ([], [])
    finally:
        context.close()


@pytest.fixture
def page(browser: Browser, address: str, bot: PointingBot) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("body[data-ready]")


def ask(page: Page, question: str, keys: str = "Enter") -> Locator:
    """The bubble of the answer, once it is there."""
    answers = page.locator("#chat .answer:not(.pending)")
    count = answers.count()
    page.fill("#box textarea", question)
    page.press("#box textarea", keys)
    expect(answers).to_have_count(count + 1)
    return answers.nth(count)


def wait_until(page: Page, done: Callable[[], bool]) -> None:
    for _ in range(400):
        if done():
            return
        page.wait_for_timeout(50)
    pytest.fail("it did not come to pass within twenty seconds")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def call(address: str, endpoint: str, data: list[Any]) -> tuple[str, Any]:
    """The last event of a call to Gradio's API, and its data."""
    request = urllib.request.Request(
        f"{address}gradio_api/call/{endpoint}",
        json.dumps({"data": data}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        event = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{address}gradio_api/call/{endpoint}/{event}") as response:
        last = response.read().decode().strip().split("\n\n")[-1]
    name, payload = re.fullmatch(r"event: (\w+)\ndata: (.*)", last, re.S).groups()  # type: ignore[union-attr]
    return name, json.loads(payload)


def test_an_answer_is_quoted_and_its_source_opens_beside_it(page: Page) -> None:
    answer = ask(page, "Who is the national security adviser?")
    expect(answer.locator(".quote")).to_have_text(f"{ADVISER}1")
    expect(answer.locator("mark")).to_have_text("Jake Sullivan")
    expect(answer.locator(".from")).to_have_text(SEED_TITLE)
    expect(answer.locator(".confidence")).to_have_text("High confidence, 93%")
    expect(page.locator("#source .hit")).to_be_in_viewport()
    expect(page.locator("#source .hit mark")).to_have_text("Jake Sullivan")
    expect(page.locator("#box textarea")).to_have_value("")


def test_a_chip_opens_exactly_the_quoted_sentence(page: Page, bot: PointingBot) -> None:
    calibration = bot.calibration
    bot.calibration = dataclasses.replace(calibration, threshold=0.0)
    try:
        ask(page, "Where did Kurt Campbell speak?")
        answer = ask(page, "What does the US think of the plan?")
    finally:
        bot.calibration = calibration
    answer.locator("summary").click()
    chips = answer.locator("a.cite")
    assert chips.count() > 1
    document = ""
    for chip in chips.all():
        chip.click()
        expect(chip).to_have_attribute("aria-current", "true")
        place = re.fullmatch(r"#c:(\w+):(\d+)-(\d+):.*", chip.get_attribute("href") or "")
        assert place is not None
        document = bot.document(place[1]).text
        quote = document[int(place[2]) : int(place[3])]
        expect(page.locator("#source .hit")).to_be_in_viewport()
        assert page.locator("#source .hit").text_content() == quote
    assert page.locator("#source .hit").count() == 1  # earlier ones are unmarked
    text = page.locator("#source .text").text_content() or ""
    assert "".join(text.split()) == "".join(document.split())


def test_keys_step_through_the_sources_and_copy_the_quote(page: Page) -> None:
    ask(page, "Who is the national security adviser?", "Control+Enter")
    ask(page, f"What is the code {HOSTILE}?")
    expect(page.locator("#source .counter")).to_have_text("2 / 2")
    page.locator("#source .previous").click()
    expect(page.locator("#source .hit")).to_have_text(ADVISER)
    page.press("body", "]")
    expect(page.locator("#source .hit")).to_have_text(HOSTILE)
    page.press("body", "[")
    expect(page.locator("#source .hit")).to_have_text(ADVISER)
    page.press("body", "c")
    expect(page.locator("#source .copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == (
        f"“{ADVISER}” ({SEED_TITLE}, 000_c69afa3c8f6a24bb.txt, characters 1150 to 1345)"
    )
    page.press("body", "/")
    expect(page.locator("#box textarea")).to_be_focused()


def test_what_the_documents_do_not_say_is_told(page: Page, bot: PointingBot) -> None:
    calibration = bot.calibration
    bot.calibration = dataclasses.replace(calibration, threshold=1.0)
    try:
        answer = ask(page, "What is the capital of Mongolia?")
    finally:
        bot.calibration = calibration
    expect(answer.locator(".verdict")).to_have_text("No answer in these documents")
    expect(answer.locator(".near")).to_have_count(3)
    expect(page.locator("#source .hit")).to_have_count(0)
    answer.locator("a.cite").first.click()
    expect(page.locator("#source .hit")).to_be_in_viewport()
    expect(page.locator("#source .hit mark")).to_have_count(0)


def test_a_follow_up_shows_how_it_was_understood(page: Page) -> None:
    ask(page, "Who is the national security adviser?")
    answer = ask(page, "When did he speak?")
    expect(answer.locator(".note")).to_contain_text("Understood as: ")
    expect(answer.locator(".note")).to_contain_text("Jake Sullivan")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#chat .answer")).to_have_count(0)
    expect(page.locator("#source .hit")).to_have_count(0)
    expect(ask(page, "When did he speak?").locator(".note")).to_have_count(0)


def test_how_a_follow_up_was_understood_can_be_mended(page: Page) -> None:
    ask(page, "Who is the national security adviser?")
    answer = ask(page, "When did he speak?")
    understood = (answer.locator(".note").text_content() or "")[len("Understood as: ") : -5]
    answer.locator(".edit").click()
    expect(page.locator("#box textarea")).to_be_focused()
    expect(page.locator("#box textarea")).to_have_value(understood)
    mended = ask(page, "Where did he speak?")  # it leans back, but is asked as it stands
    expect(mended.locator(".note")).to_have_count(0)
    expect(ask(page, "When did he speak?").locator(".note")).to_have_count(1)


def test_a_question_is_asked_again_and_taken_back(page: Page, bot: PointingBot) -> None:
    calibration = bot.calibration
    bot.calibration = dataclasses.replace(calibration, threshold=1.0)
    question = "What could happen if Israel goes into Rafah?"
    try:
        ask(page, "Who is the national security adviser?")
        expect(ask(page, question).locator(".verdict")).to_be_visible()
        bot.calibration = dataclasses.replace(calibration, threshold=0.0)
        page.get_by_role("button", name="Retry").click()
        expect(page.locator("#chat .answer.none")).to_have_count(0)
        expect(page.locator("#chat .answer .quote")).to_have_count(2)
    finally:
        bot.calibration = calibration
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#chat .answer")).to_have_count(1)
    expect(page.locator("#box textarea")).to_have_value(question)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#chat .welcome")).to_be_visible()
    expect(page.locator("#source .hit")).to_have_count(0)


def test_a_question_sent_during_a_search_is_answered_next(page: Page) -> None:
    question = "Who is the national security adviser?"
    page.fill("#box textarea", "What takes long?")
    page.press("#box textarea", "Enter")
    expect(page.locator("#chat .pending")).to_be_visible()
    page.fill("#box textarea", question)
    page.press("#box textarea", "Enter")
    expect(page.locator("#chat .question")).to_have_text(["What takes long?", question])
    expect(page.locator("#chat .answer mark").last).to_have_text("Jake Sullivan")
    expect(page.locator("#box textarea")).to_have_value("")


def test_clear_ends_a_search(page: Page) -> None:
    page.fill("#box textarea", "What takes long?")
    page.press("#box textarea", "Enter")
    expect(page.locator("#chat .pending")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#chat .welcome")).to_be_visible()
    page.wait_for_timeout(2000)  # the search has long ended
    expect(page.locator("#chat .welcome")).to_be_visible()
    ask(page, "Who is the national security adviser?")
    expect(page.locator("#chat .question")).to_have_count(1)


def test_a_question_sent_while_a_cleared_search_still_ends_is_answered(page: Page) -> None:
    page.fill("#box textarea", "What takes long?")
    page.press("#box textarea", "Enter")
    expect(page.locator("#chat .pending")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#chat .welcome")).to_be_visible()
    ask(page, "Who is the national security adviser?")
    expect(page.locator("#chat .question")).to_have_count(1)
    expect(page.locator("#box textarea")).to_have_value("")


def test_a_retry_that_fails_leaves_the_answer(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "Who is the national security adviser?"
    ask(page, question)
    monkeypatch.setattr(PointingBot, "broken", {question})
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("alert")).to_contain_text("the disk is full")
    expect(page.locator("#chat .answer mark")).to_have_text("Jake Sullivan")
    expect(page.locator("#box textarea")).to_have_value("")


def test_the_first_questions_are_drawn_from_the_documents(page: Page, bot: PointingBot) -> None:
    questions = example_questions(bot)
    examples = page.locator("#chat a.example")
    expect(examples).to_have_text(questions)
    examples.last.press("Space")
    expect(page.locator("#chat .question")).to_have_text(questions[-1])
    expect(page.locator("#chat .answer .quote")).to_have_count(1)
    expect(page.locator("#source .hit")).to_be_in_viewport()


def test_a_link_asks_its_question_again(page: Page, address: str) -> None:
    question = "Who is the national security adviser?"
    ask(page, question).locator(".link").click()
    expect(page.locator("#chat .link")).to_have_text("Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{address}?q=Who+is+the+national+security+adviser%3F"
    open_page(page, link)
    expect(page.locator("#chat .answer mark")).to_have_text("Jake Sullivan")
    expect(page.locator("#chat .question")).to_have_text(question)


def test_a_link_with_a_hostile_or_overlong_question_does_no_more_than_ask(
    page: Page, address: str
) -> None:
    open_page(page, f"{address}?{urlencode({'q': f'What is the code {HOSTILE}?'})}")
    expect(page.locator("#chat .answer .quote")).to_have_text(f"“{HOSTILE}”1")
    open_page(page, f"{address}?q={'why+' * 600}")
    expect(page.get_by_role("alert")).to_contain_text("at most 2,000 are read")
    expect(page.locator("#chat .question")).to_have_count(0)
    open_page(page, f"{address}?q=+")
    expect(page.locator("#chat .welcome")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_conversation_is_exported_as_markdown(page: Page) -> None:
    expect(page.get_by_role("button", name="Export")).to_be_hidden()
    ask(page, "Who is the national security adviser?")
    ask(page, f"What is the code {HOSTILE}?")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "questions-and-answers.md"
    text = Path(download.value.path()).read_text("utf-8")
    assert text.startswith(
        "# Questions and answers\n\n## 1. Who is the national security adviser?\n\n"
        f"**Jake Sullivan** (confidence 93%)\n\n> {ADVISER}\n\n"
        f"\\[1\\] {SEED_TITLE}, 000\\_c69afa3c8f6a24bb.txt, characters 1150 to 1345, SHA-256 "
    )
    assert "\\<script\\>" in text


def test_a_thumb_is_kept_as_a_gold_candidate(
    browser: Browser, bot: PointingBot, tmp_path: Path
) -> None:
    path = tmp_path / "gold.jsonl"
    question = "Who is the national security adviser?"
    with (
        served(running(bot, port=free_port(), feedback=Feedback(path))) as address,
        opened(browser, address) as page,
    ):
        ask(page, question)
        page.get_by_role("button", name="Like", exact=True).click()
        wait_until(page, lambda: path.stat().st_size > 0)
        (gold,) = read_gold(path)
        assert (gold.question, gold.answers, gold.sentence, gold.document) == (
            *(question, ("Jake Sullivan",), ADVISER, "000_c69afa3c8f6a24bb.txt"),
        )
        ask(page, f"What is the code {HOSTILE}?")
        expect(page.get_by_role("button", name="Liked")).to_have_count(1)
        page.get_by_role("button", name="Dislike", exact=True).first.click()
        wait_until(page, lambda: "rejected" in path.read_text("utf-8"))
        expect(page.get_by_role("button", name="Disliked")).to_have_count(1)
        expect(page.get_by_role("button", name="Liked", exact=True)).to_have_count(0)
        (line,) = map(json.loads, path.read_text("utf-8").splitlines())
        assert (line["answers"], line["rejected"]["answers"]) == ([], ["Jake Sullivan"])
        page.get_by_role("button", name="Disliked").click()
        wait_until(page, lambda: path.stat().st_size == 0)
        expect(page.get_by_role("button", name="Disliked")).to_have_count(0)


def test_without_a_file_for_feedback_there_are_no_thumbs(page: Page) -> None:
    ask(page, "Who is the national security adviser?")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.get_by_role("button", name="Like")).to_have_count(0)


def test_a_question_that_cannot_be_answered_is_kept_with_a_notice(page: Page) -> None:
    page.press("#box textarea", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("The question is empty.")
    long = "why " * 600
    page.fill("#box textarea", long)
    page.press("#box textarea", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("at most 2,000 are read")
    expect(page.locator("#box textarea")).to_have_value(long)
    page.fill("#box textarea", "Is the disk full?")
    page.press("#box textarea", "Enter")
    expect(page.get_by_role("alert")).to_have_text(
        "The index in <b>here</b> cannot be used: the disk is full."
    )
    expect(page.locator("#box textarea")).to_have_value("Is the disk full?")
    page.fill("#box textarea", "What is one by nought?")
    page.press("#box textarea", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("Pincite has a fault")
    expect(page.locator("#box textarea")).to_have_value("What is one by nought?")
    expect(page.locator("#chat .question")).to_have_count(0)
    ask(page, "Who is the national security adviser?")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_hostile_text_is_inert_everywhere(page: Page) -> None:
    answer = ask(page, f"What is the code {HOSTILE}?")
    expect(page.locator("#chat .question")).to_have_text(f"What is the code {HOSTILE}?")
    expect(answer.locator(".quote")).to_have_text(f"“{HOSTILE}”1")
    expect(answer.locator(".from")).to_have_text(HOSTILE_TITLE)
    assert page.locator("#source .hit").text_content() == HOSTILE
    expect(page.locator("#source .name b")).to_have_text(HOSTILE_TITLE)
    expect(page.locator("#documents .title").last).to_have_text(HOSTILE_TITLE)
    page.wait_for_timeout(200)  # the fixture then looks whether anything ran


def test_a_document_opens_from_the_list(page: Page) -> None:
    expect(page.locator("#documents .counts")).to_contain_text("2 documents, ")
    page.get_by_role("button", name=f"Open {SEED_TITLE}").click()
    expect(page.locator("#source h3").first).to_have_text(SEED_TITLE)
    expect(page.locator("#source .name span")).to_have_text("000_c69afa3c8f6a24bb.txt")
    expect(page.locator("#source .hit")).to_have_count(0)


def test_the_list_follows_the_index_when_the_page_is_loaded(page: Page, bot: PointingBot) -> None:
    document = next(iter(bot.store.files().values()))
    bot.store.link("a-new-copy.txt", document)
    try:
        page.reload()
        expect(page.locator("#documents")).to_contain_text("a-new-copy.txt")
    finally:
        bot.store.remove("a-new-copy.txt")


def test_a_hostile_reference_gets_a_calm_reply(page: Page, bot: PointingBot) -> None:
    known = bot.store.listings()[0].document
    name = page.locator("#source .name b")
    for ref in ("#c:" + "0" * 64 + ":0-5:0-5", f"#c:{known}:0-999999:0-5", "#d", 7, {"a": [1]}):
        page.evaluate("ref => window.pincite.source.open(ref)", ref)
        expect(name).to_have_text("Source not available")
        page.evaluate("ref => window.pincite.source.open(ref)", f"#c:{known}:0-0:0-0")
        expect(name).not_to_have_text("Source not available")


def test_a_phone_shows_all_without_sideways_scrolling(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, address)
    answer = ask(page, "Who is the national security adviser?")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.locator("#right")).not_to_be_in_viewport()
    answer.locator("a.cite").click()
    expect(page.locator("#right .hit")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator("#right .close").click()
    expect(page.locator("#right")).not_to_be_in_viewport()


def test_everything_is_reached_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("Who is the national security adviser?")
    page.keyboard.press("Enter")
    expect(page.locator("#source .counter")).to_have_text("1 / 1")
    page.keyboard.type(f"What is the code {HOSTILE}?")
    page.keyboard.press("Enter")
    expect(page.locator("#source .counter")).to_have_text("2 / 2")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#source .hit")).to_have_text(ADVISER)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#source .hit")).to_have_text(HOSTILE)
    page.keyboard.press("/")
    seen = []
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        focused = page.locator(":focus")
        seen.append(focused.get_attribute("aria-label") or focused.inner_text())
        assert focused.evaluate("e => getComputedStyle(e).outlineStyle") != "none", seen
        if focused.evaluate("e => e.matches('a.cite')") and seen.count("1") == 2:
            break
    assert {"Retry", "Undo", "Copy link", "1"} <= set(seen)
    page.keyboard.press("Space")
    expect(page.locator("#source .hit")).to_have_text(ADVISER)


def test_nothing_moves_when_examples_and_answers_come(page: Page, address: str) -> None:
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => {"
        "  for (const shift of list.getEntries()) moved += shift.value;"
        "}).observe({ type: 'layout-shift', buffered: true })"
    )
    open_page(page, address)
    page.locator("#chat a.example").first.click()
    expect(page.locator("#source .hit")).to_be_in_viewport()
    page.wait_for_timeout(300)
    assert page.evaluate("moved") < 0.01  # up to 0.1 counts as good


def test_the_sheet_on_a_phone_takes_the_focus_and_gives_it_back(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, address)
    chip = ask(page, "Who is the national security adviser?").locator("a.cite")
    chip.press("Enter")
    expect(page.locator("#source .scroll")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#right")).not_to_be_in_viewport()
    expect(chip).to_be_focused()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(
    page: Page, address: str, bot: PointingBot, theme: str, width: int
) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, address)
    expect(page.locator("#chat a.example")).not_to_have_count(0)
    assert_accessible(page)
    ask(page, "Who is the national security adviser?")
    calibration = bot.calibration
    bot.calibration = dataclasses.replace(calibration, threshold=1.0)
    try:
        ask(page, "When did he speak?")
    finally:
        bot.calibration = calibration
    page.press("#box textarea", "Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    page.locator("#chat a.cite").last.click()
    expect(page.locator("#source .hit")).to_be_in_viewport()
    assert_accessible(page)


def assert_accessible(page: Page) -> None:
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=rules).response
    assert len(found["passes"]) > 10  # it did look
    faults = [
        (each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]
    ]
    assert faults == []


def test_the_dark_page_stays_dark(page: Page) -> None:
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))


# Without a browser


def test_every_response_carries_the_policy(address: str) -> None:
    with urllib.request.urlopen(address) as response:
        assert response.headers["content-security-policy"].startswith("default-src 'self'; ")
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "header", [{"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}]
)
def test_foreign_hosts_and_origins_are_refused(address: str, header: dict[str, str]) -> None:
    request = urllib.request.Request(address, headers=header)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)
    with refusal.value as response:
        assert response.code == 403


def test_a_busy_port_is_named(bot: PointingBot, address: str) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with (
            pytest.raises(ServeError, match=f"port {port}: the port is taken"),
            running(bot, port=port),
        ):
            pass


def test_the_process_called_nobody(calls: Calls, address: str) -> None:
    assert "127.0.0.1" in calls.hosts  # it does hear calls: Gradio's to itself
    assert calls.hosts <= {"127.0.0.1", "localhost"}
