"""Markdown → plain text by markdown-it: a block each for heading, paragraph, item, table row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from embeddings.readers.content import Content, parsing
from embeddings.readers.html import fragment_blocks
from embeddings.readers.rows import prose_table_blocks
from embeddings.readers.text import decode, normalise

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(
    r"---[ \t]*\n((?:[\w-]+[ \t]*:|#).*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S
)
_FRONT_FIELD = re.compile(r"^(\w+)[ \t]*:[ \t]*(?![>|])(\S.*?)[ \t]*$", re.M)


def read_markdown(data: bytes) -> Content:
    """The text without its mark-up, blocks parted by blank lines.

    Title, author, date and source are the front matter's; without a title there it is the first
    heading of level 1. URLs, inline tags and the front matter are dropped; code stays as it stands.
    """
    from markdown_it import MarkdownIt

    text = normalise(decode(data))
    said: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :]
        for name, value in _FRONT_FIELD.findall(front[1]):
            said.setdefault(name.lower(), value.strip("\"'[]"))
    with parsing("Markdown", "check the file or remove it"):
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return Content(
        said.get("title") or _first_heading(tokens),
        "\n\n".join(_blocks(tokens)),
        author=said.get("author") or said.get("authors"),
        date=said.get("date") or said.get("published"),
        source=said.get("source") or said.get("url"),
    )


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    rows: list[list[str]] = []
    inside = False
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
            inside = True
        elif token.type == "table_close":
            yield from prose_table_blocks(rows, headed=True)
            rows, inside = [], False
        elif token.type == "inline":
            text = _inline(token.children or [])
            if inside:
                rows[-1].append(text)
            elif text:
                yield text
        elif token.type in ("fence", "code_block"):
            if code := token.content.strip("\n"):
                yield code
        elif token.type == "html_block":
            yield from fragment_blocks(token.content)


def _inline(tokens: Sequence[Token]) -> str:
    pieces = []
    for token in tokens:
        if token.type == "softbreak":
            pieces.append(" ")
        elif token.type == "hardbreak":
            pieces.append("\n")
        elif token.type == "html_inline":
            if re.match(r"<br\b", token.content, re.I):
                pieces.append("\n")
        else:
            pieces.append(token.content)
    return "".join(pieces).strip()


def _first_heading(tokens: Sequence[Token]) -> str | None:
    for token, inside in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return _inline(inside.children or []) or None
    return None
