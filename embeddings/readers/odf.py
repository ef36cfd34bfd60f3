"""OpenDocument text, slides and spreadsheets (.odt, .odp, .ods) → plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any
from zipfile import ZipFile

from embeddings.errors import DocumentError
from embeddings.readers.archive import open_archive, read_xml
from embeddings.readers.content import Content, parsing
from embeddings.readers.pages import paged
from embeddings.readers.rows import check_cells, prose_table_blocks, row_block, table_blocks

_ADVICE = "open it in LibreOffice and save it again"
_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE = f"{{{_NAMESPACE}table:1.0}}"
_OFFICE = f"{{{_NAMESPACE}office:1.0}}"
_PRESENTATION = f"{{{_NAMESPACE}presentation:1.0}}"
_SPACES = {"s": " ", "tab": "\t", "line-break": "\n"}
_REMOVED = frozenset({"tracked-changes", "note", "annotation", "table-of-content", "forms"})
_WHITE = re.compile(r"[ \t\n\r]+")
_SPACED = re.compile(r" {2,}")
_WIDEST_GAP = 16_384


def read_odf(data: bytes) -> Content:
    """The text in its order; a page per slide; a line per row of a spreadsheet.

    Notes, comments, deletions and tables of contents are left out. The title is the metadata's.
    """
    with (
        open_archive(data, "OpenDocument file", "OpenOffice file", _ADVICE) as archive,
        parsing("OpenDocument file", f"{_ADVICE}, or remove it"),
    ):
        _check_password(archive)
        body = next(child for child in read_xml(archive, "content.xml").iter(f"{_OFFICE}body"))
        title, author, date = _particulars(archive)
        said = partial(Content, title, author=author, date=date)
        kinds = {_name(child): child for child in body}
        if "spreadsheet" in kinds:
            return said("\n".join(_sheets(kinds["spreadsheet"])))
        if "presentation" in kinds:
            slides = (page for page in kinds["presentation"] if _name(page) == "page")
            return said(*paged(_slide(page) for page in slides))
        blocks = [block for block in _blocks(kinds["text"]) if block.strip()]
    return said("\n\n".join(blocks))


def _check_password(archive: ZipFile) -> None:
    manifest = "META-INF/manifest.xml"
    if manifest in archive.namelist() and b"encryption-data" in archive.read(manifest):
        raise DocumentError("password-protected; save a copy without the password")


def _particulars(archive: ZipFile) -> tuple[str | None, str | None, str | None]:
    """Title, author and the moment at which it was made, else at which it was last changed."""
    if "meta.xml" not in archive.namelist():
        return None, None, None
    said: dict[str, str | None] = {}
    for element in read_xml(archive, "meta.xml").iter():
        said.setdefault(_name(element), element.text)
    return (
        said.get("title") or None,
        said.get("initial-creator") or said.get("creator"),
        said.get("creation-date") or said.get("date"),
    )


def _blocks(container: Any) -> Iterator[str]:
    for child in container:
        name = _name(child)
        if name in ("p", "h"):
            boxes: list[Any] = []
            yield _SPACED.sub(" ", _inline(child, boxes)).strip()
            for box in boxes:
                yield from _blocks(box)
        elif name == "table":
            rows = child.iter(f"{_TABLE}table-row")
            own = (row for row in rows if next(row.iterancestors(f"{_TABLE}table")) is child)
            yield from prose_table_blocks([[" ".join(_blocks(cell)) for cell in r] for r in own])
        elif name not in _REMOVED:
            yield from _blocks(child)


def _inline(element: Any, boxes: list[Any]) -> str:
    """The text of a paragraph; the frames anchored in it are added to `boxes`."""
    pieces = [_collapsed(element.text)]
    for child in element:
        name = _name(child)
        if name in _SPACES:
            pieces.append(_SPACES[name])
        elif name in ("frame", "custom-shape", "g"):
            boxes.append(child)
        elif name and name not in _REMOVED:
            pieces.append(_inline(child, boxes))
        pieces.append(_collapsed(child.tail))
    return "".join(pieces)


def _collapsed(text: str | None) -> str:
    return _WHITE.sub(" ", text or "")


def _slide(page: Any) -> Iterator[str]:
    """The title, the rest of the slide, its notes."""
    frames = [child for child in page if isinstance(child.tag, str)]
    titles = [frame for frame in frames if frame.get(f"{_PRESENTATION}class") == "title"]
    notes = [frame for frame in frames if _name(frame) == "notes"]
    others = [frame for frame in frames if frame not in titles and frame not in notes]
    for group in (titles, others, notes):
        yield from _blocks(group)


def _sheets(spreadsheet: Any) -> Iterator[str]:
    tables = [table for table in spreadsheet if _name(table) == "table"]
    count = 0
    for table in tables:
        rows = []
        for row in table.iter(f"{_TABLE}table-row"):
            cells = _cells(row)
            count += 1 + len(cells)
            check_cells(count)
            rows.append(cells)
        blocks = table_blocks(rows)
        if blocks and len(tables) > 1:
            yield row_block([table.get(f"{_TABLE}name", "")])
        yield from blocks


def _cells(row: Iterable[Any]) -> list[str]:
    """The cells as shown, up to the last that is not empty.

    Repeated rows are read once: they say the same.
    """
    cells: list[str] = []
    gap = 0
    for cell in row:
        if _name(cell) not in ("table-cell", "covered-table-cell"):
            continue
        text = " ".join(filter(None, _blocks(cell)))
        repeat = min(int(cell.get(f"{_TABLE}number-columns-repeated", 1)), _WIDEST_GAP)
        if text.strip():
            cells += [""] * min(gap, _WIDEST_GAP) + [text] * repeat
            gap = 0
        else:
            gap += repeat
    return cells


def _name(element: Any) -> str:
    """The tag without its namespace; empty for a comment or an entity."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
