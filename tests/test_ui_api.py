"""The endpoints as programs use them: typed, strict, as tools for MCP, and with passwords."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.bot import Bot
from qa.ui.page import ServeError, running
from tests.test_ui_page import call, free_port, served

README = Path(__file__).parent.parent / "README.md"
SEED = "000_c69afa3c8f6a24bb.txt"
QUESTION = "Who is the national security adviser?"
ACCOUNTS = {"anna": "correct horse"}


@pytest.fixture(scope="module")
def address(bot: Bot) -> Iterator[str]:
    with served(running(bot, port=free_port())) as address:
        yield address


PARAMETERS = {"ask": 6, "search": 5, "documents": 2}


def posted(address: str, endpoint: str, data: list[Any]) -> tuple[str, Any]:
    """What comes of a plain POST, which must name all parameters: null for those left out."""
    return call(address, endpoint, [*data, *[None] * (PARAMETERS[endpoint] - len(data))])


def test_ask_answers_as_the_command_line_does(address: str, bot: Bot) -> None:
    event, (answer,) = posted(address, "ask", [QUESTION])
    assert event == "complete"
    assert list(answer) == [
        *("question", "text", "confidence", "abstained", "seconds", "citations", "nearest"),
        *("kind", "remark"),
    ]
    assert (answer["text"], answer["abstained"]) == ("Jake Sullivan", False)
    cited = answer["citations"][0]
    assert (cited["document"], cited["start"], cited["end"]) == (SEED, 1150, 1345)
    assert bot.document(cited["sha256"]).text[1150:1345] == cited["quote"]


def test_an_overview_and_small_talk_say_that_they_are(address: str) -> None:
    _, (summary,) = posted(address, "ask", ["What is this about?"])
    assert (summary["kind"], summary["confidence"]) == ("summary", 0.0)
    _, (thanks,) = posted(address, "ask", ["Thank you!"])
    assert (thanks["kind"], thanks["remark"]) == ("remark", "You are welcome.")
    assert (thanks["text"], thanks["nearest"]) == (None, [])


def test_search_finds_passages_with_their_place(address: str, bot: Bot) -> None:
    event, (found,) = posted(address, "search", [QUESTION, 3, [SEED]])
    assert event == "complete"
    assert found["question"] == QUESTION
    assert [p["document"] for p in found["passages"]] == [SEED] * 3
    assert [p["score"] for p in found["passages"]] == sorted(
        (p["score"] for p in found["passages"]), reverse=True
    )
    first = found["passages"][0]
    assert bot.document(first["sha256"]).text[first["start"] : first["end"]] == first["text"]


def test_documents_lists_them(address: str, bot: Bot) -> None:
    (listing,) = bot.store.listings()
    event, (listed,) = posted(address, "documents", [10, 0])
    assert event == "complete"
    assert listed == {
        "total": 1,
        "documents": [
            {
                "document": SEED,
                "title": listing.title,
                "sha256": listing.document,
                "passages": listing.passages,
            }
        ],
    }
    assert posted(address, "documents", [10, 1]) == ("complete", [{"total": 1, "documents": []}])


@pytest.mark.parametrize(
    ("endpoint", "data", "message"),
    [
        ("ask", ["  ", None, None], "The question is empty."),
        ("ask", ["Why?", 7, None], "min_confidence is 7, expected a number from 0 to 1."),
        ("ask", [["Why?"], None, None], "`question` must be a text"),
        ("ask", ["Why?", "much", None], "`min_confidence` must be a number or null"),
        ("ask", ["why " * 600, None, None], "at most 2,000 are read"),
        ("ask", ["Why?", None, ["none/*"]], "No document is in 'none/*'."),
        ("ask", ["Why?", None, "000*"], "`within` must be a list of paths or null"),
        ("ask", ["Why?", None, ["*"] * 1001], "`within` has 1,001 paths, at most 1,000"),
        ("search", ["Why?", 0, None], "`k` is 0, expected a whole number from 1 to 50."),
        ("search", ["Why?", 51, None], "`k` is 51"),
        ("search", ["Why?", 2.5, None], "`k` is 2.5"),
        ("search", ["Why?", True, None], "`k` is True"),
        ("search", ["", 5, None], "The question is empty."),
        ("ask", ["Why?", None, None, "May"], "after is 'May', expected a date as in 2024-05-03"),
        ("ask", ["Why?", None, None, None, 2024], "`before` must be a date as in 2024-05-03"),
        ("ask", ["Why?", None, None, "2024", "2023"], "Nothing is after 2024 and before 2023"),
        ("ask", ["Why?", *[None] * 4, "x"], "`history` must be a list of {question, answer}"),
        ("ask", ["Why?", *[None] * 4, ["x"]], "`history` must be a list of {question, answer}"),
        ("ask", ["Why?", *[None] * 4, [{"answer": "x"}]], "`history` must be a list of"),
        ("ask", ["Why?", *[None] * 4, [{"question": "x", "answer": 7}]], "`history` must be a"),
        ("ask", ["Why?", *[None] * 4, [{"question": "x"}] * 101], "`history` has 101 exchanges"),
        ("search", ["Why?", 5, None, "2024-13"], "after is '2024-13', expected a date"),
        ("search", ["Why?", 5, None, None, [1]], "`before` must be a date as in 2024-05-03"),
        ("search", ["Why?", 5, None, "2024"], "No document is dated after 2024."),
        ("documents", [1001, 0], "`limit` is 1001, expected a whole number from 1 to 1,000."),
        ("documents", [10, -1], "`offset` is -1"),
    ],
)
def test_bad_input_is_refused_clearly(
    address: str, endpoint: str, data: list[Any], message: str
) -> None:
    event, error = posted(address, endpoint, data)
    assert event == "error"
    assert message in error["error"]


def test_only_ask_search_and_documents_are_published_with_their_types(address: str) -> None:
    with urllib.request.urlopen(f"{address}gradio_api/info") as response:
        info = json.load(response)
    assert info["unnamed_endpoints"] == {}
    endpoints = info["named_endpoints"]
    assert list(endpoints) == ["/ask", "/search", "/documents"]
    (answer,) = endpoints["/ask"]["returns"]
    assert answer["type"]["properties"]["confidence"] == {"type": "number"}
    (found,) = endpoints["/search"]["returns"]
    assert found["type"]["properties"]["passages"]["type"] == "array"
    names = [p["parameter_name"] for p in endpoints["/search"]["parameters"]]
    assert names == ["question", "k", "within", "after", "before"]
    history = endpoints["/ask"]["parameters"][5]
    assert history["parameter_name"] == "history"
    exchange = history["type"]["oneOf"][1]["items"]
    assert exchange["properties"]["question"] == {"type": "string"}


def client_prints(code: str) -> str:
    """What a program of its own prints, as a client is one."""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip().splitlines()[-1]


def test_the_readmes_client_works(address: str) -> None:
    text = README.read_text("utf-8")
    (code,) = re.findall(r"```python\n(from gradio_client .*?)```", text, re.DOTALL)
    assert "http://127.0.0.1:7860" in code
    code = code.replace("http://127.0.0.1:7860", address)
    code += "\nprint(answer['text'], answer['citations'][0]['start'])"
    assert client_prints(code) == "Jake Sullivan 1150"


DATED = "---\ndate: {}\n---\nThe {} was built in {} by {}."


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over two documents of different years."""
    folder = tmp_path_factory.mktemp("dated")
    (folder / "a.md").write_text(DATED.format("2023-05", "lighthouse", 1871, "Ada Byron"))
    (folder / "b.md").write_text(DATED.format("2024-05-03", "harbour", 1902, "Alan Turing"))
    with Bot.open(folder) as dated, served(running(dated, port=free_port())) as address:
        yield address


def test_dates_and_history_reach_the_bot_through_the_client(dated: str) -> None:
    code = (
        "from gradio_client import Client\n"
        f"client = Client({dated!r}, verbose=False)\n"
        "ask = lambda *said, **named: client.predict("
        "*said, min_confidence=0, api_name='/ask', **named)\n"
        "names = lambda places: ' '.join(sorted({each['document'] for each in places}))\n"
        "find = lambda **named: names(client.predict("
        "'Who built it?', api_name='/search', **named)['passages'])\n"
        "who = 'Who built the lighthouse?'\n"
        "print(find(), find(after='2024'), find(before='2023'),"
        " names(ask(who, after='2024-05')['citations']),"
        " names(ask(who, before='2023-05-31')['citations']),"
        " ask('And when?', history=[{'question': who, 'answer': 'Ada Byron'}])['question'],"
        " sep='; ')"
    )
    assert client_prints(code) == (
        "a.md b.md; b.md; a.md; b.md; a.md; Who built the lighthouse? When?"
    )


# With passwords


@pytest.fixture(scope="module")
def locked(bot: Bot) -> Iterator[str]:
    with (
        served(
            running(
                bot,
                port=free_port(),
                accounts=ACCOUNTS,
                names=["answers.example"],
                mcp=True,
            )
        ) as address,
    ):
        yield address


def fetch(url: str, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(url, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "path",
    [
        *("", "config", "gradio_api/info", "gradio_api/openapi.json", "static/img/logo.svg"),
        *("theme.css", "gradio_api/startup-events", "mcp", "mcp/"),
        *("gradio_api/file=/etc/passwd", "uploads/a.txt", "robots.txt", "login", "nowhere"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_nothing_answers_without_a_password(locked: str, path: str, method: str) -> None:
    status, headers = fetch(f"{locked}{path}", method=method)
    assert status == 401
    assert headers["www-authenticate"] == 'Basic realm="Pincite", charset="UTF-8"'
    assert headers["content-security-policy"].startswith("default-src 'self'; ")


def test_with_the_password_page_and_endpoints_answer(locked: str) -> None:
    header = basic("anna", "correct horse")
    assert fetch(locked, authorization=header)[0] == 200
    code = (
        "from gradio_client import Client\n"
        f"client = Client({locked!r}, headers={{'authorization': {header!r}}}, verbose=False)\n"
        f"print(client.predict({QUESTION!r}, api_name='/ask')['text'])"
    )
    assert client_prints(code) == "Jake Sullivan"


def test_a_named_host_is_answered_and_others_are_not(locked: str) -> None:
    known = basic("anna", "correct horse")
    for host, status in (("answers.example", 200), ("ANSWERS.example:443", 200), ("evil", 403)):
        assert fetch(locked, authorization=known, host=host)[0] == status
    assert fetch(locked, host="evil.example")[0] == 403


def test_guessing_is_stopped(bot: Bot) -> None:
    with served(running(bot, port=free_port(), accounts=ACCOUNTS)) as address:
        for guess in range(4):
            assert fetch(address, authorization=basic("anna", str(guess)))[0] == 401
        for password in ("last", "correct horse"):
            status, headers = fetch(address, authorization=basic("anna", password))
            assert status == 429
            assert 0 < int(headers["retry-after"]) <= 60


# MCP


def test_without_the_package_it_is_said_what_to_install(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with (
        pytest.raises(ServeError, match=r"pip install 'pincite\[mcp\]'"),
        running(bot, port=free_port(), mcp=True),
    ):
        pass


def test_the_same_three_are_tools_of_mcp(locked: str) -> None:
    import httpx
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def talk() -> None:
        headers = {"authorization": basic("anna", "correct horse")}
        async with (
            httpx.AsyncClient(headers=headers, timeout=60) as http,
            streamable_http_client(f"{locked}mcp", http_client=http) as (
                read,
                write,
                _,
            ),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            assert [tool.name for tool in tools] == ["ask", "search", "documents"]
            (ask, search, _) = tools
            assert "quoted word for word" in (ask.description or "")
            assert search.inputSchema["properties"]["k"]["type"] == "integer"
            assert list(ask.inputSchema["properties"]) == [
                *("question", "min_confidence", "within", "after", "before", "history")
            ]
            assert list(search.inputSchema["properties"]) == [
                *("question", "k", "within", "after", "before")
            ]
            result = await session.call_tool("ask", {"question": QUESTION})
            answer = json.loads(result.content[0].text)  # type: ignore[union-attr]
            assert answer["text"] == "Jake Sullivan"
            assert answer["citations"][0]["start"] == 1150
            said = [{"question": "Who co-hosted the NATO Youth Summit?", "answer": None}]
            follow_up = {"question": "And who spoke there?", "history": said}
            result = await session.call_tool("ask", follow_up)
            answer = json.loads(result.content[0].text)  # type: ignore[union-attr]
            assert answer["question"] == "NATO Youth Summit: who spoke there?"
            result = await session.call_tool("search", {"question": QUESTION, "k": 2})
            assert len(json.loads(result.content[0].text)["passages"]) == 2  # type: ignore[union-attr]
            result = await session.call_tool("documents", {})
            assert json.loads(result.content[0].text)["total"] == 1  # type: ignore[union-attr]
            result = await session.call_tool("search", {"question": QUESTION, "k": 99})
            assert result.isError
            assert "`k` is 99" in result.content[0].text  # type: ignore[union-attr]

    asyncio.run(talk())
