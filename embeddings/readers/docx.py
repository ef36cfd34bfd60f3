"""Word documents (.docx) → plain text: paragraphs and table rows in the document's order."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from embeddings.readers.archive import open_archive
from embeddings.readers.content import Content, parsing
from embeddings.readers.core_date import core_date
from embeddings.readers.rows import prose_table_blocks

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_REMOVED = {"del", "moveFrom"}


def read_docx(data: bytes) -> Content:
    """The body's paragraphs and table rows, parted by blank lines; the core title if there is one.

    The XML is walked here rather than by `iter_inner_content`, which leaves out tracked
    insertions, content controls and text boxes. Headers, footers and notes are left out.
    """
    open_archive(data, ".docx", ".doc", "open it in Word and save it again").close()
    with parsing(".docx", "open it in Word and save it again, or remove it"):
        import docx

        document = docx.Document(io.BytesIO(data))
        core, root = document.core_properties, document.element
        title, author, date = core.title, core.author, core_date(core)
    blocks = [block for block in _blocks(root) if block.strip()]
    return Content(title or None, "\n\n".join(blocks), author=author, date=date)


def _blocks(container: Any) -> Iterator[str]:
    for child in container:
        name = _name(child)
        if name == "p":
            yield _inline(child).strip()
            for box in child.iter(f"{_WORD}txbxContent"):
                if not any(_name(above) == "Fallback" for above in box.iterancestors()):
                    yield from _blocks(box)
        elif name == "tbl":
            own = list(_rows(child))
            rows = [[" ".join(_blocks(cell)) for cell in _cells(row)] for row in own]
            yield from prose_table_blocks(rows, headed=_is_heading(own[0]) if own else None)
        elif name not in _REMOVED:
            yield from _blocks(child)


def _rows(table: Any) -> Iterator[Any]:
    """The table's rows, not those of a table inside one of its cells."""
    for row in table.iter(f"{_WORD}tr"):
        if next(row.iterancestors(f"{_WORD}tbl")) is table:
            yield row


def _is_heading(row: Any) -> bool | None:
    """True for a row that is repeated on every page; None where nothing is said."""
    return row.find(f"{_WORD}trPr/{_WORD}tblHeader") is not None or None


def _cells(row: Any) -> Iterator[Any]:
    """The row's cells, not those of a table inside one of them."""
    for cell in row.iter(f"{_WORD}tc"):
        if next(cell.iterancestors(f"{_WORD}tr")) is row:
            yield cell


def _inline(element: Any) -> str:
    """The text of a paragraph as accepted: insertions in, deletions and text boxes out."""
    pieces = []
    for child in element:
        name = _name(child)
        if name == "t":
            pieces.append(child.text or "")
        elif name in _BREAKS and _name(element) == "r":
            pieces.append(_BREAKS[name])
        elif name not in _REMOVED and name not in ("AlternateContent", "drawing", "pict"):
            pieces.append(_inline(child))
    return "".join(pieces)


def _name(element: Any) -> str:
    """The tag without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
