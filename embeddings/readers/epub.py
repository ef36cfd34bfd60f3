"""Electronic books (.epub) → plain text, chapter by chapter in the order of the spine."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

from embeddings.readers.archive import open_archive, read_xml
from embeddings.readers.content import Content, parsing
from embeddings.readers.html import page_blocks

_ADVICE = "open it in an e-book program and save it again"
_CONTAINER = "META-INF/container.xml"
_CHAPTERS = ("application/xhtml+xml", "text/html")


def read_epub(data: bytes) -> Content:
    """The chapters' blocks, headings among them, parted by blank lines; the metadata's title.

    The page of navigation is left out. What the book refers to outside itself is not looked at.
    """
    with (
        open_archive(data, ".epub", "e-book", _ADVICE) as archive,
        parsing(".epub", f"{_ADVICE}, or remove it"),
    ):
        container = read_xml(archive, _CONTAINER)
        path = next(_named(container, "rootfile")).get("full-path")
        package = read_xml(archive, path)
        title, author, date, source = _particulars(package)
        language = next((element.text for element in _named(package, "language")), None)
        blocks = [
            block
            for name in _spine(package, posixpath.dirname(path), archive)
            for block in page_blocks(archive.read(name))
        ]
    text = "\n\n".join(blocks)
    return Content(title, text, author=author, date=date, source=source, language=language)


def _particulars(package: Any) -> tuple[str | None, str | None, str | None, str | None]:
    """Title, authors, date of publication and address, as the metadata has them."""
    title, date = (next((e.text for e in _named(package, n)), None) for n in ("title", "date"))
    authors = [element.text for element in _named(package, "creator") if element.text]
    addresses = [e.text or "" for n in ("source", "identifier") for e in _named(package, n)]
    source = next((a for a in addresses if a.strip().startswith(("http://", "https://"))), None)
    return title, ", ".join(authors) or None, date, source


def _spine(package: Any, folder: str, archive: ZipFile) -> Iterator[str]:
    """The members that hold the chapters, in reading order, each once."""
    items = {item.get("id"): item for item in _named(package, "item")}
    seen: set[str] = set()
    for reference in _named(package, "itemref"):
        item = items[reference.get("idref")]
        if item.get("media-type") not in _CHAPTERS:
            continue
        if "nav" in (item.get("properties") or "").split():
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(urlsplit(item.get("href")).path)))
        if name not in seen:
            seen.add(name)
            yield archive.getinfo(name).filename


def _named(root: Any, name: str) -> Iterator[Any]:
    """The elements of that name in any namespace."""
    yield from root.iter(f"{{*}}{name}")
