"""The documents panel: what there is, what a question is answered from, and files to add.

The panel's script (`web/documents.js`) calls the functions of `Documents`; which documents are
ticked stays in the page and comes with each question.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from embeddings.documents import SUFFIXES
from embeddings.errors import PinciteError
from embeddings.store import Listing
from qa.bot import Bot
from qa.ui.door import token_in
from qa.ui.reference import Reference
from qa.ui.sessions import Sessions
from qa.ui.uploads import FOLDER, Work
from qa.within import literally

if TYPE_CHECKING:
    import gradio as gr

F = TypeVar("F", bound=Callable[..., Any])

DRAWN = 200
"""Rows in the list; of more documents these are the first, and the search finds the others."""
_LONGEST_SEARCH = 200
_UNREADABLE_DRAWN = 50
_CHOSEN_FORM = 'expected {"base": "all" or "none", "but": [paths]}'


class Library(TypedDict):
    """What the panel shows for a search; all HTML comes escaped.

    `total`, `passages` and `found` are counts; `rest` says what is not drawn.
    """

    rows: str
    total: int
    passages: int
    found: int
    rest: str
    unreadable: str
    unreadable_count: int
    hint: str
    accept: str
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Row:
    """A document of the list; one that was added on the page can be removed there."""

    listing: Listing
    removable: bool


class Documents:
    """What the panel's script calls, and which documents a question is asked of."""

    def __init__(self, bot: Bot, sessions: Sessions, cookie: str) -> None:
        self._bot = bot
        self._sessions = sessions
        self._cookie = cookie

    @property
    def everyones(self) -> Bot:
        """The bot over the folder's documents, without what a session has added."""
        return self._bot

    def session(self, request: gr.Request | None) -> str:
        """The token of the session that a request belongs to; "" where it has none."""
        headers = getattr(request, "headers", None) or {}
        return token_in(headers.get("cookie", ""), self._cookie)

    def bot(self, request: gr.Request | None) -> Bot:
        """The bot that answers the session of this request."""
        return self._sessions.bot(self.session(request))

    def asked(self, chosen: object, request: gr.Request | None) -> tuple[Bot, tuple[str, ...]]:
        """The session's bot, and what is ticked as its `within`.

        Raises `ValueError` where nothing is ticked, or `chosen` is not what the script sends.
        """
        bot = self.bot(request)
        return bot, within_chosen(chosen, bot.files())

    def rows(self, request: gr.Request | None) -> list[Row]:
        """The documents of the session, what it added first."""
        uploads = self._sessions.uploads(self.session(request))
        if self._sessions.shared:
            listings = self._bot.store.listings()
            own = [x for x in listings if x.path.startswith(f"{FOLDER}/")]
            others = [x for x in listings if not x.path.startswith(f"{FOLDER}/")]
        else:
            own = uploads.store.listings() if uploads else []
            others = self._bot.store.listings()
        return [*(Row(x, True) for x in own), *(Row(x, False) for x in others)]

    def server_functions(self) -> list[Callable[..., object]]:
        """What the panel's script calls; plain functions, for Gradio marks them."""

        def list_documents(search: object, request: Any = None) -> Library:
            rows = self.rows(request)
            found = matching(rows, search)
            skipped = [
                known.reason
                for path, known in self._bot.store.known().items()
                if known.reason is not None
            ]
            return library(rows, found, skipped, self._sessions)

        def find_paths(search: object, request: Any = None) -> list[str]:
            return [row.listing.path for row in matching(self.rows(request), search)]

        def start_indexing(_: object, request: Any = None) -> Work | None:
            if uploads := self._sessions.uploads(self.session(request)):
                uploads.index()
                return uploads.work()
            return None

        def show_work(_: object, request: Any = None) -> Work | None:
            uploads = self._sessions.uploads(self.session(request))
            return uploads.work() if uploads else None

        def stop_indexing(_: object, request: Any = None) -> None:
            if uploads := self._sessions.uploads(self.session(request)):
                uploads.cancel()

        def remove_document(path: object, request: Any = None) -> str:
            """What went wrong, "" where nothing did."""
            uploads = self._sessions.uploads(self.session(request))
            try:
                if uploads is None or not isinstance(path, str):
                    raise KeyError(path)
                uploads.remove(path)
            except KeyError:
                return "This is not a document that was added here."
            except PinciteError as error:
                return str(error)
            return ""

        functions = (
            *(list_documents, find_paths, start_indexing),
            *(show_work, stop_indexing, remove_document),
        )
        return [given_request(function) for function in functions]


def given_request(function: F) -> F:
    """The function, whose parameter `request` Gradio fills in; it goes by the class."""
    import gradio as gr

    function.__annotations__["request"] = gr.Request
    return function


def within_chosen(chosen: object, files: dict[str, str]) -> tuple[str, ...]:
    """What is ticked as `Bot.ask` takes it; () where that is all.

    `chosen` is {"base": "all", "but": [paths]}, or "none" instead of "all"; paths that are gone
    count nothing. Raises `ValueError` where nothing is ticked or it is anything else.
    """
    if chosen in (None, "", {}):
        return ()
    base, but = (chosen.get("base"), chosen.get("but")) if isinstance(chosen, dict) else (0, 0)
    if base not in ("all", "none") or not isinstance(but, list):
        raise ValueError(f"The choice of documents is not understood; {_CHOSEN_FORM}.")
    named = {path for path in but if isinstance(path, str)} & files.keys()
    if base == "all" and not named:
        return ()
    ticked = named if base == "none" else files.keys() - named
    if not ticked:
        raise ValueError("No document is ticked. Tick at least one in the list of documents.")
    return tuple(literally(path) for path in sorted(ticked))


def matching(rows: Sequence[Row], search: object) -> list[Row]:
    """The rows whose title or path holds each word of the search; all where there is none."""
    words = search[:_LONGEST_SEARCH].casefold().split() if isinstance(search, str) else []
    if not words:
        return list(rows)
    return [
        row
        for row in rows
        if all(word in f"{row.listing.title}\n{row.listing.path}".casefold() for word in words)
    ]


def library(
    rows: Sequence[Row], found: Sequence[Row], skipped: Sequence[str], sessions: Sessions
) -> Library:
    """What the panel shows of these documents, of which `found` match the search."""
    more = len(found) - DRAWN
    rest = f"{more:,} more. Search for a title or a path." if more > 0 else ""
    keeping = (
        "What is added here is for everyone, and stays."
        if sessions.shared
        else "What is added here is for this browser alone, and goes when it is closed."
    )
    unread = len(skipped) - _UNREADABLE_DRAWN
    last = f"<li>and {unread:,} more</li>" if unread > 0 else ""
    return {
        "rows": "".join(map(row_html, found[:DRAWN])),
        "total": len(rows),
        "passages": sum(row.listing.passages for row in rows),
        "found": len(found),
        "rest": rest,
        "unreadable": "".join(f"<li>{_escaped(x)}</li>" for x in skipped[:_UNREADABLE_DRAWN])
        + last,
        "unreadable_count": len(skipped),
        "hint": f"{keeping} {sessions.limits.told()}",
        "accept": ",".join([*sorted(SUFFIXES), ".gz"]),
        "file_bytes": sessions.limits.file_bytes,
    }


def row_html(row: Row) -> str:
    """One document: ticked or not, its title, path and size, and buttons to open and remove it."""
    listing = row.listing
    title, path = _escaped(listing.title), html.escape(listing.path)
    shown = _escaped(PurePosixPath(listing.path).name if row.removable else listing.path)
    count = f"{listing.passages:,} passage" + ("" if listing.passages == 1 else "s")
    remove = (
        f'<button class="remove" value="{path}" title="Remove"'
        f' aria-label="Remove {title}">✕</button>'
        if row.removable
        else ""
    )
    return (
        f'<li{" class=own" if row.removable else ""}><label><input type="checkbox" value="{path}">'
        f'<span class="title" title="{title}">{title}</span>'
        f'<span class="path" title="{shown}">{shown}</span>'
        f'<span class="count">{count}</span></label>'
        f'<button class="open" value="{Reference(listing.document)}"'
        f' aria-label="Open {title}">Open</button>{remove}</li>'
    )


def _escaped(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=True)
