"""The pages of a PDF in the source panel, in Debian's chromium."""

import asyncio
import gc
import warnings
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from qa import Bot
from qa.ui.page import running
from tests.pdfs import drawn, text, together
from tests.test_pdf import BODY, LEFT, RIGHT
from tests.test_ui_page import ask, browser, free_port, open_page

__all__ = ["browser"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pdfs")
    pages = [together(text(72, 300, LEFT), text(320, 300, RIGHT)), text(72, 700, BODY)]
    (folder / "harbour.pdf").write_bytes(drawn(*pages))
    (folder / "bread.txt").write_text("Bread is baked at six. It is sold at seven.")
    # Gradio leaves event loops unclosed; they are collected here, where nobody minds.
    with warnings.catch_warnings(), Bot.open(folder) as bot:
        warnings.simplefilter("ignore", ResourceWarning)
        with running(bot, port=free_port()) as address:
            yield address
        asyncio.set_event_loop(None)
        gc.collect()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    open_page(page, address)
    yield page
    assert faults == []
    context.close()


def test_the_page_of_a_pdf_is_shown_where_the_sentence_stands(page: Page) -> None:
    ask(page, "Who was the keeper of the lamp?")
    toggle, picture = page.locator("#source .leaf"), page.locator("#source .sheet img")
    expect(picture).to_be_hidden()
    toggle.click()
    expect(picture).to_be_visible()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#source .text")).to_be_hidden()
    expect(page.locator("#source .sheet .number")).to_have_text("Page 1 of 2")
    assert picture.evaluate("image => image.naturalWidth") == 1224  # 612 points at 144 an inch
    top = page.evaluate(
        """() => {
            const box = document.querySelector("#source .sheet img").getBoundingClientRect();
            const pane = document.querySelector("#source .scroll").getBoundingClientRect();
            return (box.top + box.height * 484 / 792 - pane.top) / pane.height;
        }"""
    )
    assert 0 < top < 0.6, "the sentence is in view"
    page.locator("#source .forth").click()
    expect(page.locator("#source .sheet .number")).to_have_text("Page 2 of 2")
    expect(page.locator("#source .forth")).to_be_disabled()
    toggle.click()
    expect(page.locator("#source .hit")).to_be_in_viewport()
    expect(picture).to_be_hidden()


def test_a_document_without_pages_has_its_text_alone(page: Page) -> None:
    ask(page, "Who was the keeper of the lamp?")
    page.locator("#source .leaf").click()
    ask(page, "When is bread baked?")
    expect(page.locator("#source .leaf")).to_be_hidden()
    expect(page.locator("#source .hit")).to_be_in_viewport()
    page.locator("#source .previous").click()  # a PDF is again shown as it was
    expect(page.locator("#source .sheet img")).to_be_visible()
