"""Files that people add: limits, names, indexing, and whose they are; without a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from embeddings.indexer import open_store
from embeddings.runtime import Floats
from embeddings.store import Listing
from qa.bot import Bot
from qa.confidence import load_calibration
from qa.read import SentenceReader
from qa.ui.admission import Limits, UploadRefusedError, safe_name
from qa.ui.documents import Row, library, matching, row_html, within_chosen
from qa.ui.sessions import KEPT_SECONDS, Sessions, new_token
from qa.ui.uploads import Uploads
from tests.toy import WordEncoder

SMALL = Limits(file_bytes=1000, files=3, total_bytes=1500)


class Gate(WordEncoder):
    """Waits before it embeds, until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        self.reached.set()
        assert self.open.wait(10)
        return super().encode_passages(texts)


@pytest.fixture
def worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def encoder() -> Gate:
    return Gate()


@pytest.fixture
def uploads(tmp_path: Path, encoder: Gate, worker: ThreadPoolExecutor) -> Iterator[Uploads]:
    with open_store(tmp_path / ".pincite", encoder) as store:
        uploads = Uploads(
            tmp_path, store, encoder, worker, SMALL, taken=lambda: {"uploads/taken.txt"}
        )
        yield uploads
        uploads.close()


def add(uploads: Uploads, name: str, data: bytes) -> None:
    with uploads.receiving(name, len(data)) as file:
        file.write(data)


def finish(uploads: Uploads, worker: ThreadPoolExecutor) -> list[str]:
    """What there is to tell once indexing has ended."""
    uploads.index()
    worker.submit(lambda: None).result()
    work = uploads.work()
    assert not work["working"]
    return work["notes"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("notes.txt", "notes.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Windows\\evil.txt", "evil.txt"),
        (".hidden.txt", "hidden.txt"),
        ("...", "document"),
        ("", "document"),
        ("a\x00b\n\tc\x7f.txt", "abc.txt"),
        ("gpj.\u202etxt.exe", "gpj.txt.exe"),
        ("  spaced   out .txt", "spaced out.txt"),
        ("<img src=x onerror=alert(1)>.md", "<img src=x onerror=alert(1)>.md"),
        ("e\u0301té.txt", "été.txt"),
        ("ж" * 300 + ".csv.gz", "ж" * 96 + ".csv.gz"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_file_is_taken_in_indexed_and_removed(
    uploads: Uploads, worker: ThreadPoolExecutor, tmp_path: Path
) -> None:
    add(uploads, "../cats.txt", b"Cats sleep all day.")
    assert finish(uploads, worker) == []
    assert [x.path for x in uploads.store.listings()] == ["uploads/cats.txt"]
    assert uploads.work()["share"] == 1.0
    uploads.remove("uploads/cats.txt")
    assert uploads.store.listings() == []
    assert list((tmp_path / "uploads").iterdir()) == []
    with pytest.raises(KeyError):
        uploads.remove("uploads/cats.txt")
    (tmp_path / "other.txt").write_text("Not added here.")
    with pytest.raises(KeyError):
        uploads.remove("other.txt")


def test_names_are_unique_and_the_same_file_is_taken_once(
    uploads: Uploads, worker: ThreadPoolExecutor
) -> None:
    add(uploads, "a.txt", b"Cats sleep.")
    add(uploads, "a.txt", b"Dogs bark.")
    add(uploads, "a.txt", b"Cats sleep.")
    add(uploads, "taken.txt", b"Fish swim.")
    assert finish(uploads, worker) == []
    assert sorted(uploads.paths()) == [
        "uploads/a (2).txt",
        "uploads/a.txt",
        "uploads/taken (2).txt",
    ]


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("virus.exe", 10, r"virus\.exe is not a kind of file that can be read\. .* \.csv, \.docx"),
        ("archive.gz", 10, "not a kind of file"),
        ("noend", 10, "not a kind of file"),
        ("big.txt", 5000, r"big\.txt has 5 kB, at most 1 kB are taken\."),
    ],
)
def test_what_is_not_taken_says_what_is(
    uploads: Uploads, name: str, size: int, message: str
) -> None:
    with pytest.raises(UploadRefusedError, match=message), uploads.receiving(name, size):
        pass


def test_count_and_total_are_limited_also_while_files_come_in(uploads: Uploads) -> None:
    add(uploads, "a.txt", b"x" * 700)
    with uploads.receiving("b.txt", 700) as coming:
        coming.write(b"y" * 700)
        with pytest.raises(UploadRefusedError, match="in all"), uploads.receiving("c.txt", 200):
            pass
        add(uploads, "c.txt", b"z")
        with pytest.raises(UploadRefusedError, match="at most 3 files"):
            add(uploads, "d.txt", b"z")


def test_an_upload_cut_short_leaves_nothing(uploads: Uploads, tmp_path: Path) -> None:
    with (
        pytest.raises(UploadRefusedError, match="did not come whole"),
        uploads.receiving("a.txt", 10) as file,
    ):
        file.write(b"half")
    with pytest.raises(RuntimeError), uploads.receiving("a.txt", 10):
        raise RuntimeError
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_file_that_cannot_be_read_is_named_and_not_kept(
    uploads: Uploads, worker: ThreadPoolExecutor, tmp_path: Path
) -> None:
    add(uploads, "broken.docx", b"this is no archive")
    (note,) = finish(uploads, worker)
    assert note.startswith("broken.docx: ")
    assert list((tmp_path / "uploads").iterdir()) == []
    add(uploads, "fine.txt", b"Cats sleep.")
    add(uploads, "broken.docx", b"this is no archive")
    (note,) = finish(uploads, worker)
    assert note.startswith("broken.docx: ")
    assert uploads.paths() == {"uploads/fine.txt"}


def test_cancelling_keeps_what_is_indexed_and_deletes_the_rest(
    worker: ThreadPoolExecutor, encoder: Gate, tmp_path: Path
) -> None:
    long = "\n\n".join(f"Dog {i} barks {'again and ' * 40}again." for i in range(300))
    with open_store(tmp_path / ".pincite", encoder) as store:
        uploads = Uploads(tmp_path, store, encoder, worker, Limits())
        add(uploads, "first.txt", b"Cats sleep.")
        assert finish(uploads, worker) == []
        add(uploads, "second.txt", long.encode())
        encoder.open.clear()
        encoder.reached.clear()
        uploads.index()
        assert encoder.reached.wait(10)
        assert uploads.work() == {
            "working": True,
            "share": 0.0,
            "text": "Reading second.txt",
            "notes": [],
        }
        uploads.cancel()
        assert uploads.work()["text"] == "Stopping"
        add(uploads, "third.txt", b"Fish swim.")  # after what is stopped
        uploads.index()
        encoder.open.set()
        worker.submit(lambda: None).result()
        assert uploads.work()["notes"] == ["Stopped. What was read by then is kept."]
        assert uploads.paths() == {"uploads/first.txt", "uploads/third.txt"}
        kept = sorted(f.name for f in (tmp_path / "uploads").iterdir())
        assert kept == ["first.txt", "third.txt"]


# Sessions


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    encoder = WordEncoder()
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "dogs.txt").write_text("Dogs bark at night.")
    reader = SentenceReader(encoder)
    with open_store(docs / ".pincite", encoder) as store:
        from embeddings.indexer import index_folder

        index_folder(docs, store, encoder)
        yield Bot(store, encoder, reader, load_calibration(reader.name, encoder.name, store.folder))


def indexed(sessions: Sessions, token: str, name: str, data: bytes) -> Uploads:
    uploads = sessions.opened(token)
    add(uploads, name, data)
    uploads.index()
    while uploads.work()["working"]:
        threading.Event().wait(0.01)
    return uploads


def test_each_session_is_answered_from_its_own_uploads_and_all_from_the_folder(bot: Bot) -> None:
    sessions = Sessions(bot)
    mine, yours = new_token(), new_token()
    with sessions.kept():
        uploads = indexed(sessions, mine, "cats.txt", b"Cats sleep all day.")
        (listing,) = uploads.store.listings()
        answer = sessions.bot(mine).ask("Cats sleep?", min_confidence=0.0)
        assert answer.citations[0].quote == "Cats sleep all day."
        assert sessions.bot(mine).document(listing.document).path == "uploads/cats.txt"
        quotes = {c.quote for c in sessions.bot(mine).ask("Dogs?", min_confidence=0.0).citations}
        assert "Dogs bark at night." in quotes
        within = sessions.bot(mine).ask("Cats?", min_confidence=0.0, within=["dogs.txt"])
        assert [c.path for c in within.citations] == ["dogs.txt"]
        for token in (yours, ""):
            assert sessions.bot(token) is bot
            assert sessions.uploads(token) is None
        with pytest.raises(KeyError):
            bot.document(listing.document)
        folder = uploads.store.folder.parent
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_a_session_ends_when_no_page_of_it_was_open_for_a_while(bot: Bot) -> None:
    now = [0.0]
    sessions = Sessions(bot, clock=lambda: now[0])
    token = new_token()
    with sessions.kept():
        with sessions.present(token):  # an open page's heartbeat
            folder = indexed(sessions, token, "a.txt", b"Cats.").store.folder.parent
            now[0] += 10 * KEPT_SECONDS
            sessions.sweep()
            assert sessions.uploads(token) is not None
        now[0] += KEPT_SECONDS
        sessions.sweep()
        assert folder.is_dir()
        now[0] += 1
        sessions.sweep()
        assert sessions.uploads(token) is None
        assert not folder.exists()
        assert sessions.bot(token) is bot


def test_shared_uploads_are_for_everyone_and_stay(bot: Bot, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    sessions = Sessions(bot, shared=docs)
    with sessions.kept():
        indexed(sessions, new_token(), "cats.txt", b"Cats sleep all day.")
        assert bot.ask("Cats?", min_confidence=0.0).citations[0].path == "uploads/cats.txt"
    assert (docs / "uploads" / "cats.txt").read_bytes() == b"Cats sleep all day."


@pytest.mark.parametrize("token", ["", "short", "x" * 43 + "\n", "../" + "x" * 40])
def test_only_what_can_be_a_cookie_of_ours_opens_a_session(bot: Bot, token: str) -> None:
    sessions = Sessions(bot)
    with sessions.kept(), pytest.raises(UploadRefusedError, match="Load the page again"):
        sessions.opened(token)


# The list

FILES = {"a.txt": "A", "b [1].txt": "B", "c/*.txt": "C"}


@pytest.mark.parametrize(
    ("chosen", "within"),
    [
        (None, ()),
        ({"base": "all", "but": []}, ()),
        ({"base": "all", "but": ["gone.txt"]}, ()),
        ({"base": "all", "but": ["a.txt", "c/*.txt"]}, ("b [[]1].txt",)),
        ({"base": "none", "but": ["c/*.txt", "gone.txt"]}, ("c/[*].txt",)),
    ],
)
def test_what_is_ticked_is_taken_literally(chosen: object, within: tuple[str, ...]) -> None:
    assert within_chosen(chosen, FILES) == within


@pytest.mark.parametrize("chosen", [{"base": "none", "but": []}, {"base": "all", "but": [*FILES]}])
def test_nothing_ticked_is_said(chosen: object) -> None:
    with pytest.raises(ValueError, match="No document is ticked"):
        within_chosen(chosen, FILES)


@pytest.mark.parametrize("chosen", [7, ["a"], {"base": "some", "but": []}, {"base": "all"}])
def test_a_choice_of_another_form_is_refused(chosen: object) -> None:
    with pytest.raises(ValueError, match="not understood"):
        within_chosen(chosen, FILES)


def rows(*named: tuple[str, str]) -> list[Row]:
    return [Row(Listing(path, "0" * 64, title, 2), False) for path, title in named]


def test_the_search_finds_every_word_in_title_or_path() -> None:
    listed = rows(("2024/budget.txt", "The plan"), ("2023/budget.txt", "Old"), ("x.txt", "Straße"))
    assert [r.listing.path for r in matching(listed, "Budget PLAN")] == ["2024/budget.txt"]
    assert [r.listing.path for r in matching(listed, "strasse")] == ["x.txt"]
    for nothing in ("", "  ", None, 7):
        assert matching(listed, nothing) == listed


def test_of_many_documents_the_first_are_drawn_and_the_rest_counted(bot: Bot) -> None:
    listed = rows(*((f"{i:04}.txt", f"Title {i}") for i in range(5000)))
    shown: Any = library(listed, listed, ["a.pdf: no <text> in it"], Sessions(bot))
    assert shown["rows"].count("<li") == 200
    assert shown["rest"] == "4,800 more. Search for a title or a path."
    assert (shown["total"], shown["found"], shown["passages"]) == (5000, 5000, 10000)
    assert shown["unreadable"] == "<li>a.pdf: no &lt;text&gt; in it</li>"


def test_a_row_is_escaped_and_keeps_the_path_as_it_is() -> None:
    row = Row(Listing('uploads/<b>  "x".txt', "a" * 64, "<img src=x>", 1), True)
    assert row_html(row) == (
        '<li class=own><label><input type="checkbox" value="uploads/&lt;b&gt;  &quot;x&quot;.txt">'
        '<span class="title" title="&lt;img src=x&gt;">&lt;img src=x&gt;</span>'
        '<span class="path" title="&lt;b&gt; &quot;x&quot;.txt">&lt;b&gt; &quot;x&quot;.txt</span>'
        '<span class="count">1 passage</span></label>'
        f'<button class="open" value="#c:{"a" * 64}:0-0:0-0" aria-label="Open &lt;img src=x&gt;">'
        'Open</button><button class="remove" value="uploads/&lt;b&gt;  &quot;x&quot;.txt" '
        'title="Remove" aria-label="Remove &lt;img src=x&gt;">✕</button></li>'
    )
