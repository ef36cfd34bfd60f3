"""Conversations kept in the browser: only if wanted, and quoted from the documents as they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from embeddings.indexer import index_folder
from qa.feedback import Feedback
from qa.ui.kept import LOST
from qa.ui.page import running
from tests.test_ui_page import (
    ADVISER,
    HOSTILE,
    HOSTILE_TITLE,
    SEEDS,
    PointingBot,
    ask,
    assert_accessible,
    browser,
    free_port,
    open_page,
    opened,
    served,
    wait_until,
)

__all__ = ["browser"]

QUESTION = "Who is the national security adviser?"
LAMP = """---
title: Harrow Point Light
source: https://www.lamps.example/harrow
---
The lighthouse at Harrow Point was built in 1871 by Ada Byron.
"""
BUILT = "When was the lighthouse at Harrow Point built?"


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PointingBot]:
    folder = tmp_path_factory.mktemp("documents")
    for seed in SEEDS.glob("*.txt"):
        shutil.copy(seed, folder)
    (folder / "hostile.txt").write_text(f"{HOSTILE_TITLE}\n\n{HOSTILE}\n", "utf-8")
    (folder / "lamp.md").write_text(LAMP, "utf-8")
    with PointingBot.open(folder) as bot:
        assert isinstance(bot, PointingBot)
        yield bot


@pytest.fixture(scope="module")
def address(bot: PointingBot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    feedback = Feedback(tmp_path_factory.mktemp("feedback") / "gold.jsonl")
    with served(running(bot, port=free_port(), feedback=feedback)) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


def conversations(page: Page) -> Locator:
    """The list of what is kept, which is opened if it is not."""
    if page.locator("#history details[open]").count() == 0:
        page.locator("#history summary").click()
    return page.locator("#history .again")


def keep(page: Page) -> None:
    conversations(page)
    page.get_by_label("Keep conversations in this browser").check()


def kept(page: Page) -> list[dict[str, Any]]:
    """What lies in the browser, the oldest first."""
    values = page.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('pincite-conversation:'))"
        ".map(([, value]) => value)"
    )
    return sorted(map(json.loads, values), key=lambda entry: entry["at"])


def questions(page: Page) -> list[list[str]]:
    return [[turn["message"] for turn in entry["turns"]] for entry in kept(page)]


def wait_for(page: Page, wanted: list[list[str]]) -> None:
    """Until these questions are kept, by conversation."""
    wait_until(page, lambda: questions(page) == wanted)


def begin_anew(page: Page) -> None:
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#chat .answer")).to_have_count(0)


def test_nothing_is_kept_until_somebody_wants_it(page: Page, address: str) -> None:
    ask(page, QUESTION)
    page.wait_for_timeout(500)
    assert page.evaluate("localStorage.length") == 0
    keep(page)
    expect(conversations(page)).to_have_count(1)
    assert questions(page) == [[QUESTION]]  # what is on the page then, too
    text = page.evaluate("JSON.stringify(localStorage)")
    assert "Sullivan" not in text  # nothing of the documents' words
    open_page(page, address)
    expect(page.locator("#chat .answer")).to_have_count(0)
    expect(conversations(page)).to_have_count(1)
    expect(page.get_by_label("Keep conversations in this browser")).to_be_checked()


def test_a_kept_conversation_is_reopened_and_gone_on_with(page: Page, address: str) -> None:
    keep(page)
    ask(page, QUESTION)
    ask(page, "thanks")
    wait_for(page, [[QUESTION, "thanks"]])
    open_page(page, address)
    again = conversations(page)
    expect(again.locator(".title")).to_have_text(QUESTION)
    expect(again.locator(".when")).to_contain_text("· 1 question")
    again.click()
    expect(page.locator("#chat .answer .quote")).to_have_text(f"{ADVISER}1")
    expect(page.locator("#chat .confidence")).to_have_text("High confidence, 93%")
    expect(page.locator("#chat .remark")).to_have_text("You are welcome.")
    expect(again).to_have_attribute("aria-current", "true")
    expect(page.locator("#box textarea")).to_be_focused()
    page.locator("#chat a.cite").click()
    expect(page.locator("#source .hit")).to_have_text(ADVISER)
    note = ask(page, "When did he speak?").locator(".note")
    expect(note).to_contain_text("Understood as: When did Jake Sullivan speak?")
    wait_for(page, [[QUESTION, "thanks", "When did he speak?"]])
    begin_anew(page)
    ask(page, BUILT)
    wait_for(page, [[QUESTION, "thanks", "When did he speak?"], [BUILT]])
    expect(conversations(page)).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    wait_for(page, [[QUESTION, "thanks", "When did he speak?"]])


def test_what_a_document_does_not_say_any_more_is_not_quoted(page: Page, bot: PointingBot) -> None:
    keep(page)
    ask(page, BUILT)
    ask(page, QUESTION)
    wait_for(page, [[BUILT, QUESTION]])
    before = kept(page)
    begin_anew(page)
    (folder,) = bot.folders
    (folder / "lamp.md").write_text(LAMP.replace("1871", "1872"), "utf-8")
    try:
        index_folder(folder, bot.store, bot.encoder)
        conversations(page).click()
        expect(page.locator("#chat .answer")).to_have_count(2)
        expect(page.locator("#chat .answer").first).to_have_text(LOST)
        expect(page.locator("#chat .quote")).to_have_text(f"{ADVISER}1")
        page.wait_for_timeout(500)
        assert kept(page) == before
    finally:
        (folder / "lamp.md").write_text(LAMP, "utf-8")
        index_folder(folder, bot.store, bot.encoder)
    begin_anew(page)
    conversations(page).click()
    expect(page.locator("#chat .quote")).to_have_count(2)


def test_conversations_are_deleted_one_by_one_all_at_once_and_when_switched_off(
    page: Page,
) -> None:
    keep(page)
    for question in (QUESTION, BUILT, f"What is the code {HOSTILE}?"):
        ask(page, question)
        wait_until(page, lambda last=question: [last] in questions(page))  # type: ignore[misc]
        begin_anew(page)
    expect(page.locator("#history .many")).to_have_text("(3)")
    page.get_by_role("button", name=f"Delete {BUILT}").click()
    assert questions(page) == [[QUESTION], [f"What is the code {HOSTILE}?"]]
    expect(page.get_by_role("button", name=f"Delete {QUESTION}")).to_be_focused()
    box = page.get_by_label("Keep conversations in this browser")
    box.uncheck()
    expect(page.locator("#history .sure p")).to_have_text(
        "To switch this off deletes 2 conversations from this browser."
    )
    page.keyboard.press("Enter")  # on "Cancel"
    expect(box).to_be_checked()
    assert len(kept(page)) == 2
    page.get_by_role("button", name="Delete all").click()
    page.keyboard.press("Escape")
    expect(page.locator("#history .sure")).to_be_hidden()
    assert len(kept(page)) == 2
    page.get_by_role("button", name="Delete all").click()
    page.get_by_role("button", name="Delete", exact=True).last.click()
    assert kept(page) == []
    expect(box).to_be_checked()
    ask(page, QUESTION)
    wait_for(page, [[QUESTION]])
    box.uncheck()
    page.get_by_role("button", name="Delete, switch off").click()
    expect(box).not_to_be_checked()
    assert page.evaluate("localStorage.length") == 0
    ask(page, BUILT)
    page.wait_for_timeout(500)
    assert page.evaluate("localStorage.length") == 0


def test_two_tabs_keep_what_each_of_them_says(page: Page, address: str) -> None:
    keep(page)
    ask(page, QUESTION)
    wait_for(page, [[QUESTION]])
    other = page.context.new_page()
    open_page(other, address)
    expect(conversations(other)).to_have_count(1)
    ask(other, BUILT)
    wait_for(page, [[QUESTION], [BUILT]])
    expect(conversations(page)).to_have_count(2)  # without a reload
    begin_anew(other)
    conversations(other).last.click()
    expect(other.locator("#chat .question")).to_have_text(QUESTION)
    ask(other, "When did he speak?")
    wait_for(page, [[BUILT], [QUESTION, "When did he speak?"]])
    ask(page, "Where did he speak?")  # this tab knows nothing of what the other has asked
    wait_for(
        page,
        [[BUILT], [QUESTION, "When did he speak?"], [QUESTION, "Where did he speak?"]],
    )
    ask(page, "thanks")
    wait_until(page, lambda: len(kept(page)[-1]["turns"]) == 3)
    assert len(kept(page)) == 3
    page.get_by_role("button", name="Delete all").click()
    page.get_by_role("button", name="Delete", exact=True).last.click()
    expect(conversations(other)).to_have_count(0)


FILL = """([count, size]) => {
  for (let i = 0; i < count; i += 1) {
    const name = String(i).padStart(32, "0");
    const turns = [{ message: "x".repeat(size), kind: "none" }];
    const entry = { title: `Old ${i}?`, at: 1000 + i, stamp: "s", turns };
    localStorage.setItem(`pincite-conversation:${name}`, JSON.stringify(entry));
  }
}"""


@pytest.mark.parametrize(("count", "size", "left"), [(50, 10, 49), (20, 150_000, 13)])
def test_the_oldest_are_let_go(page: Page, count: int, size: int, left: int) -> None:
    page.evaluate(FILL, [count, size])
    keep(page)
    ask(page, QUESTION)
    wait_until(page, lambda: kept(page)[-1]["title"] == QUESTION)
    titles = [f"Old {i}?" for i in range(count - left, count)]
    assert [entry["title"] for entry in kept(page)] == [*titles, QUESTION]


def test_a_full_browser_is_told_and_loses_nothing(page: Page) -> None:
    keep(page)
    ask(page, QUESTION)
    wait_for(page, [[QUESTION]])
    page.evaluate(
        "() => { let size = 2 ** 24; while (size) {"
        " try { localStorage.setItem(`fill${size}`, 'x'.repeat(size)); } catch {} size >>= 1; } }"
    )
    ask(page, BUILT)
    fault = page.locator("#history .fault")
    expect(fault).to_contain_text("no room left for conversations")
    assert questions(page) == [[QUESTION]]
    page.evaluate(
        "() => { for (let s = 2 ** 24; s; s >>= 1) localStorage.removeItem(`fill${s}`); }"
    )
    ask(page, "thanks")
    wait_for(page, [[QUESTION, BUILT, "thanks"]])
    expect(fault).to_be_hidden()


def test_what_is_kept_by_somebody_else_is_text_or_refused(page: Page, address: str) -> None:
    turn = {
        "message": HOSTILE,
        "question": HOSTILE,
        "as_asked": False,
        "kind": "answer",
        "confidence": 1,
        "sentences": [{"place": HOSTILE[:100], "digest": "0" * 16}],
    }
    entries = {
        "a" * 32: {"title": HOSTILE, "at": 3, "stamp": "s", "turns": [turn]},
        "b" * 32: {"title": HOSTILE, "at": 2, "stamp": "s", "turns": [{**turn, "html": HOSTILE}]},
        HOSTILE: {"title": HOSTILE, "at": 1, "stamp": "s", "turns": [None, 7]},
    }
    for name, entry in entries.items():
        page.evaluate(
            "([key, value]) => localStorage.setItem(key, value)",
            [f"pincite-conversation:{name}", json.dumps(entry)],
        )
    page.evaluate("localStorage.setItem('pincite-conversation:broken', '{')")
    open_page(page, address)
    again = conversations(page)
    expect(again.locator(".title")).to_have_text([HOSTILE] * 3 + ["(damaged)"])
    again.first.click()
    expect(page.locator("#chat .question")).to_have_text(HOSTILE)
    expect(page.locator("#chat .answer")).to_have_text(LOST)
    for number in (1, 2, 3):
        again.nth(number).click()
        expect(page.get_by_role("alert").first).to_contain_text("cannot be reopened")
        expect(page.locator("#chat .question")).to_have_count(1)
    page.get_by_role("button", name="Delete (damaged)").click()
    expect(again).to_have_count(3)
    page.wait_for_timeout(200)  # the fixture then looks whether anything ran


def test_by_keyboard_on_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, address)
    page.locator("#documents .toggle-button").click()
    page.locator("#history summary").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("Keep conversations in this browser")).to_be_checked()
    page.locator("#documents .toggle-button").click()
    ask(page, QUESTION)
    wait_for(page, [[QUESTION]])
    begin_anew(page)
    page.locator("#documents .toggle-button").click()
    page.get_by_label("Keep conversations in this browser").focus()
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.locator("#chat .answer mark")).to_have_text("Jake Sullivan")
    expect(page.locator("#documents.open")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_in_it(page: Page, address: str, theme: str, width: int) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.evaluate(FILL, [3, 10])
    page.evaluate("localStorage.setItem('pincite-keep', 'yes')")
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, address)
    ask(page, QUESTION)
    if width < 960:
        page.locator("#documents .toggle-button").click()
    expect(conversations(page)).to_have_count(4)
    page.get_by_role("button", name="Delete all").click()
    expect(page.locator("#history .sure")).to_be_visible()
    page.wait_for_timeout(400)  # the side bar has arrived
    assert_accessible(page)


def test_only_what_claims_something_is_judged(page: Page) -> None:
    like = page.get_by_role("button", name="Like", exact=True)
    ask(page, "What is this about?")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(like).to_have_count(0)
    ask(page, "thanks")
    expect(like).to_have_count(0)
    ask(page, QUESTION)
    expect(like).to_have_count(1)
    expect(page.get_by_role("button", name="Dislike", exact=True)).to_have_count(1)


def test_the_web_page_of_a_document_is_linked_and_never_fetched(page: Page) -> None:
    ask(page, BUILT)
    link = page.locator("#source .web")
    expect(link).to_have_text("lamps.example")
    expect(link).to_have_attribute(
        "href",
        "https://www.lamps.example/harrow#:~:text="
        "The%20lighthouse%20at%20Harrow%20Point,in%201871%20by%20Ada%20Byron.",
    )
    assert link.evaluate("e => [e.target, e.rel]") == ["_blank", "noopener noreferrer"]
    ask(page, QUESTION)
    expect(link).to_be_hidden()
