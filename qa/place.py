"""Citation → its place outside: the picture of a page, and links that open at the words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from embeddings.documents import Box, Document, read_bytes, unpacked_name
from embeddings.errors import DocumentError
from embeddings.particulars import clean_address
from embeddings.readers.gzip import gunzip
from qa.cite import Citation

_WORDS = 5
"""How many words at either end of a long quotation a text fragment repeats."""


def page_image(
    folders: Sequence[Path],
    document: Document,
    page: int,
    boxes: Sequence[Box] = (),
    strong: Sequence[Box] = (),
) -> bytes:
    """The page as a PNG picture with the boxes highlighted, `strong` more so.

    It comes from the document's file in the first of the folders that has it. Raises `ValueError`
    without such a page, `DocumentError` where the document is no PDF, or its file is in none of
    the folders, or is not the one that was indexed.
    """
    from embeddings.readers.pdf_image import render_page

    path = document.path
    if not is_pdf(path):
        raise DocumentError(f"{path}: not a PDF; only those have pages to show")
    data = _read(folders, document)
    try:
        return render_page(
            data if unpacked_name(path) == path else gunzip(data), page, boxes, strong=strong
        )
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error


def _read(folders: Sequence[Path], document: Document) -> bytes:
    """The file's bytes, which are those that were indexed."""
    if not folders:
        raise DocumentError("this bot knows no folder of documents; open it with Bot.open")
    reason: DocumentError | None = None
    for folder in folders:
        path = folder / document.path
        try:
            if not path.resolve().is_relative_to(folder.resolve()):
                raise DocumentError(f"{document.path}: outside of {folder}; it is not shown")
            data = read_bytes(path, document.path)
        except DocumentError as error:
            reason = reason or error
            continue
        if hashlib.sha256(data).hexdigest() == document.id:
            return data
        reason = DocumentError(
            f"{document.path}: changed since it was indexed; run `pincite index` and ask again"
        )
    assert reason is not None
    raise reason


def is_pdf(path: str) -> bool:
    """Whether the file of that name is read as a PDF."""
    return PurePosixPath(unpacked_name(path)).suffix.lower() == ".pdf"


def link(citation: Citation) -> str:
    """Where a person opens the citation: the web page that its document is from, else the file.

    The web page opens at the words, the file, relative to the folder of documents, at its page if
    it is a PDF.
    """
    at = web_link(citation.source, citation.path, citation.page, citation.quote)
    if at is not None:
        return at
    return quote(citation.path) + _page(citation.path, citation.page)


def web_link(source: str | None, path: str, page: int | None, words: str = "") -> str | None:
    """The address `source` of a document, opening at these words; a PDF at its page.

    None where the document says no address, or none of the web, such as that of a script.
    """
    if source is None or clean_address(source) != source:
        return None
    if is_pdf(path):
        return source if "#" in source else source + _page(path, page)
    return text_link(source, words) if words else source


def _page(path: str, page: int | None) -> str:
    return f"#page={page}" if page and is_pdf(path) else ""


def text_link(url: str, words: str) -> str:
    """The web page at `url` as a link that a browser opens at these words.

    A URL that has a fragment keeps it: https://wicg.github.io/scroll-to-text-fragment.
    """
    parts = words.split()
    ends = [" ".join(parts)]
    if len(parts) > 2 * _WORDS:
        ends = [" ".join(parts[:_WORDS]), " ".join(parts[-_WORDS:])]
    # A dash, comma or ampersand parts the fragment and must be written otherwise.
    encoded = ",".join(quote(end, safe="").replace("-", "%2D") for end in ends)
    return f"{url}{'' if '#' in url else '#'}:~:text={encoded}"
