"""The documents panel in Debian's chromium: what is answered from, and files to add."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from qa.bot import Bot
from qa.ui.admission import Limits
from qa.ui.page import running
from tests.test_ui_page import (
    SEEDS,
    Calls,
    ask,
    browser,
    call,
    calls,
    free_port,
    opened,
    served,
)

__all__ = ["browser", "calls"]

HOSTILE_NAME = "<img src=x onerror=window.pwned=5>.txt"
HOSTILE_TITLE = "<img src=x onerror=window.pwned=6> ${window.pwned=7} {{value}}"
KITCHEN = "The password of the canteen is marmalade. It was changed on 3 May 2021."
LIMITS = Limits(file_bytes=100_000, files=5, total_bytes=300_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    for seed in SEEDS.glob("*.txt"):
        shutil.copy(seed, folder)
    (folder / "broken.docx").write_bytes(b"no archive")
    (folder / "plan [1].txt").write_text("The plan\n\nThe gate opens at seven in the morning.\n")
    (folder / "plan 1.txt").write_text("Another plan\n\nThe gate opens at nine in the morning.\n")
    return folder


@pytest.fixture(scope="module")
def bot(folder: Path) -> Iterator[Bot]:
    with Bot.open(folder) as bot:
        yield bot


@pytest.fixture(scope="module")
def address(bot: Bot) -> Iterator[str]:
    with served(running(bot, port=free_port(), limits=LIMITS)) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened(browser, address) as page:
        yield page


def add(page: Page, *files: Path) -> None:
    page.set_input_files("#documents .files", [str(file) for file in files])


def row(page: Page, title: str) -> Locator:
    return page.locator("#documents li").filter(has_text=title)


@pytest.fixture
def canteen(tmp_path: Path) -> Path:
    file = tmp_path / "canteen.txt"
    file.write_text(f"Notes of the canteen\n\n{KITCHEN}\n", "utf-8")
    return file


def test_an_added_file_answers_and_goes_again(page: Page, canteen: Path) -> None:
    question = "What is the password of the canteen?"
    add(page, canteen)
    expect(row(page, "Notes of the canteen")).to_have_count(1)
    expect(page.locator("#documents .work")).to_be_hidden()
    expect(page.locator("#documents .counts")).to_contain_text("4 documents, ")
    answer = ask(page, question)
    expect(answer.locator("a.cite").first).to_have_attribute(
        "title", "Notes of the canteen: open at this sentence"
    )
    expect(page.locator("#source .hit")).to_contain_text("The password of the canteen")
    expect(page.locator("#source .name span")).to_have_text("uploads/canteen.txt")
    row(page, "Notes of the canteen").get_by_role("button", name="Remove").click()
    expect(row(page, "Notes of the canteen")).to_have_count(0)
    expect(page.locator("#documents .counts")).to_contain_text("3 documents, ")
    page.locator("#chat a.cite").first.click()
    expect(page.locator("#source .name b")).to_have_text("Source not available")


def test_what_one_session_adds_no_other_sees(
    browser: Browser, page: Page, address: str, canteen: Path, bot: Bot
) -> None:
    add(page, canteen)
    expect(row(page, "Notes of the canteen")).to_have_count(1)
    ref = row(page, "Notes of the canteen").locator(".open").get_attribute("value")
    page.reload()
    expect(row(page, "Notes of the canteen")).to_have_count(1)  # a reload keeps it
    with opened(browser, address) as other:
        expect(other.locator("#documents .counts")).to_contain_text("3 documents, ")
        expect(row(other, "Notes of the canteen")).to_have_count(0)
        other.fill("#documents .find input", "canteen")
        expect(other.locator("#documents .counts")).to_contain_text("0 found")
        other.evaluate("ref => window.pincite.source.open(ref)", ref)
        expect(other.locator("#source .name b")).to_have_text("Source not available")
        ask(other, "What is the password of the canteen?")
        assert "marmalade" not in other.locator("#chat").inner_text()
    _, (answer,) = call(address, "ask", ["What is the password of the canteen?", 0.0, None])
    assert "marmalade" not in json.dumps(answer)
    _, (listed,) = call(address, "documents", [100, 0])
    assert listed["total"] == len(bot.store.listings()) == 3


def test_no_address_gives_a_file(page: Page, address: str, canteen: Path, folder: Path) -> None:
    add(page, canteen)
    expect(row(page, "Notes of the canteen")).to_have_count(1)
    places = [
        "/etc/passwd",
        "README.md",
        __file__,
        str(folder / ".pincite" / "index.sqlite"),
        str(folder / "plan 1.txt"),
    ]
    tmp = Path(str(canteen)).anchor + "tmp"
    kept = [str(p) for p in Path(tmp).glob("pincite-uploads-*/uploads/canteen.txt")]
    assert kept  # it is there, and only the server can read it
    for place in [*places, *kept]:
        for prefix in ("gradio_api/file=", "gradio_api/file/", "file=", "static/..", "uploads/.."):
            code = page.evaluate(
                "async (url) => (await fetch(url)).status", f"{address}{prefix}{place}"
            )
            assert code in (403, 404, 405), (prefix, place)
    code = page.evaluate(
        "async (url) => (await fetch(url)).status", f"{address}uploads/canteen.txt"
    )
    assert code == 405


def test_gradios_own_upload_is_shut(address: str) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhi\r\n--x--'
    )
    for path in (
        "gradio_api/upload",
        "gradio_api/upload/",
        "gradio_api/upload?upload_id=1",
        "gradio_api/process_recording",
    ):
        request = urllib.request.Request(
            f"{address}{path}", body, {"content-type": "multipart/form-data; boundary=x"}
        )
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request)
        with refusal.value as response:
            assert response.code == 403


def test_what_is_not_taken_is_said(page: Page, tmp_path: Path) -> None:
    virus, big, broken = (tmp_path / n for n in ("virus.exe", "big.txt", "torn.docx"))
    virus.write_bytes(b"MZ")
    big.write_bytes(b"x" * 100_001)
    broken.write_bytes(b"no archive")
    add(page, virus, big)
    notes = page.locator("#documents .notes p")
    expect(notes).to_have_count(2)
    expect(notes.nth(0)).to_contain_text("virus.exe is not a kind of file that can be read.")
    expect(notes.nth(1)).to_contain_text("big.txt has 0.1 MB, at most 0.1 MB are taken.")
    add(page, broken)
    expect(notes).to_have_count(1)
    expect(notes).to_contain_text("torn.docx: ")
    expect(page.locator("#documents .counts")).to_contain_text("3 documents, ")
    # The server does not rely on the page.
    for name, size, said in (("virus.exe", 2, "not a kind"), ("big.txt", 100_001, "at most")):
        status, reply = page.evaluate(
            """async ([name, size]) => {
                const body = new Uint8Array(size);
                const response = await fetch(`uploads/${name}`, { method: "PUT", body });
                return [response.status, (await response.json()).message];
            }""",
            [name, size],
        )
        assert status == 422
        assert said in reply


def test_more_files_than_are_taken_are_refused(page: Page, tmp_path: Path) -> None:
    files = [tmp_path / f"note {n}.txt" for n in range(6)]
    for file in files:
        file.write_text(f"This is {file.stem}.")
    add(page, *files)
    notes = page.locator("#documents .notes p")
    expect(notes).to_have_count(1)
    expect(notes).to_contain_text("note 5.txt is one too many: at most 5 files are taken.")
    expect(page.locator("#documents li.own")).to_have_count(5)


def test_a_dropped_file_is_added(page: Page) -> None:
    data = page.evaluate_handle(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["The harbour is closed on Mondays."], "harbour.md"));
            return data;
        }"""
    )
    page.dispatch_event("#documents .shelf", "dragenter", {"dataTransfer": data})
    expect(page.locator("#documents .dropping")).to_have_count(1)
    page.dispatch_event("#documents .shelf", "drop", {"dataTransfer": data})
    expect(row(page, "harbour")).to_have_count(1)
    expect(page.locator("#documents .dropping")).to_have_count(0)


def test_questions_are_answered_from_what_is_ticked(page: Page) -> None:
    question = "When does the gate open in the morning?"
    counts = page.locator("#documents .counts")
    page.get_by_role("button", name="None").click()
    expect(counts).to_have_text("0 of 3 documents ticked")
    page.fill("#box textarea", question)
    page.press("#box textarea", "Enter")
    expect(page.get_by_role("alert").filter(has_text="ticked")).to_contain_text(
        "No document is ticked. Tick at least one"
    )
    expect(page.locator("#box textarea")).to_have_value(question)
    row(page, "The plan").locator("input").check()
    expect(counts).to_have_text("1 of 3 documents ticked")
    chips = ask(page, question).locator("a.cite")
    assert {c.get_attribute("title") for c in chips.all()} == {"The plan: open at this sentence"}
    page.get_by_role("button", name="All", exact=True).click()
    expect(counts).to_contain_text("3 documents, ")
    row(page, "The plan").locator("input").uncheck()
    chips = ask(page, question).locator("a.cite")
    assert "The plan: open at this sentence" not in {c.get_attribute("title") for c in chips.all()}


def test_the_search_narrows_the_list_and_what_all_and_none_mean(page: Page) -> None:
    counts = page.locator("#documents .counts")
    page.fill("#documents .find input", "plan another")
    expect(page.locator("#documents .documents li")).to_have_count(1)
    expect(counts).to_contain_text("1 found")
    page.get_by_role("button", name="None").click()
    expect(counts).to_have_text("2 of 3 documents ticked · 1 found")
    page.fill("#documents .find input", "")
    expect(page.locator("#documents .documents li")).to_have_count(3)
    expect(row(page, "Another plan").locator("input")).not_to_be_checked()
    expect(row(page, "The plan").locator("input")).to_be_checked()


def test_unreadable_files_are_listed_with_the_reason(page: Page) -> None:
    page.get_by_text("1 file could not be read").click()
    expect(page.locator("#documents .unreadable li")).to_contain_text("broken.docx: ")


def test_hostile_names_and_titles_are_inert(page: Page, tmp_path: Path) -> None:
    hostile = tmp_path / HOSTILE_NAME
    hostile.write_text(f"{HOSTILE_TITLE}\n\nThe zebra code of the harbour is quince.\n")
    virus = tmp_path / "<img src=x onerror=window.pwned=8>.exe"
    virus.write_text("x")
    add(page, hostile, virus)
    expect(row(page, HOSTILE_TITLE).locator(".path")).to_have_text(HOSTILE_NAME)
    expect(page.locator("#documents .notes p")).to_contain_text("<img src=x onerror=window.pwned")
    ask(page, "What is the zebra code of the harbour?")
    expect(page.locator("#source .name b")).to_have_text(HOSTILE_TITLE)
    row(page, HOSTILE_TITLE).get_by_role("button", name="Open").click()
    page.wait_for_timeout(200)  # the fixture then looks whether anything ran


def test_a_phone_shows_the_list_without_sideways_scrolling(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.locator("#documents .toggle-button").click()
    expect(page.locator("#documents .add")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_cookie_is_the_servers_alone(address: str) -> None:
    with urllib.request.urlopen(address) as response:
        cookie = response.headers["set-cookie"]
    assert cookie.startswith("pincite-")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")


@pytest.mark.parametrize(
    ("length", "status", "said"),
    [
        ("0", 422, "Files need a page that is open. Load the page again."),
        (None, 411, "The file's length must be said in Content-Length."),
    ],
)
def test_a_file_needs_its_length_and_an_open_page(
    address: str, length: str | None, status: int, said: str
) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"))
    connection.putrequest("PUT", "/uploads/a.txt")
    if length is None:
        connection.putheader("Transfer-Encoding", "chunked")
    else:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    with connection.getresponse() as response:
        assert (response.status, json.load(response)["message"]) == (status, said)
    connection.close()


def test_with_its_password_the_page_works_in_a_browser(
    browser: Browser, bot: Bot, canteen: Path
) -> None:
    accounts = {"anna": "correct horse"}
    with (
        served(running(bot, port=free_port(), accounts=accounts)) as address,
        opened(browser, address, {"username": "anna", "password": "correct horse"}) as page,
    ):
        add(page, canteen)
        expect(row(page, "Notes of the canteen")).to_have_count(1)
        ask(page, "What is the password of the canteen?")
        expect(page.locator("#source .hit")).to_contain_text("The password of the canteen")


def test_shared_uploads_are_there_for_everyone(
    browser: Browser, tmp_path: Path, canteen: Path
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.txt").write_text("The gate opens at seven.")
    with Bot.open(docs) as bot, served(running(bot, port=free_port(), shared=docs)) as address:
        with opened(browser, address) as mine:
            add(mine, canteen)
            expect(row(mine, "Notes of the canteen")).to_have_count(1)
        with opened(browser, address) as yours:
            expect(row(yours, "Notes of the canteen")).to_have_count(1)
    assert (docs / "uploads" / "canteen.txt").read_bytes() == canteen.read_bytes()


@pytest.mark.parametrize(
    "file",
    [
        {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
        {"path": "x", "url": "http://203.0.113.9/x", "meta": {"_type": "gradio.FileData"}},
    ],
)
def test_no_payload_makes_the_server_fetch_a_file(
    address: str, file: dict[str, Any], calls: Calls
) -> None:
    cache = Path(os.environ["GRADIO_TEMP_DIR"])
    before = set(cache.rglob("*"))
    calls.hosts.clear()
    calls.listening = True
    try:
        event, _ = call(address, "ask", [file, None, None])
    finally:
        calls.listening = False
    assert event == "error"
    assert calls.hosts <= {"127.0.0.1", "localhost"}
    assert set(cache.rglob("*")) == before
