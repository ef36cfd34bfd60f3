"""Rich Text Format (.rtf) → plain text by striprtf: paragraphs and table rows."""

from __future__ import annotations

import codecs
import re

from embeddings.errors import DocumentError
from embeddings.readers.content import Content, parsing

_ADVICE = "open it in a word processor and save it again, or remove it"
_TITLE = re.compile(r"\{\\title\s+([^{}\\]+)\}")
_AUTHOR = re.compile(r"\{\\author\s+([^{}\\]+)\}")
_MADE = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d\d?)\\dy(\d\d?)")
_CODE_PAGE = re.compile(r"\\ansicpg(\d{1,5})")
_PLAIN_FONT = re.compile(r"(\\f\d+)(?![^{};]*\\fcharset)")
_FIELD = re.compile(r"(\\field)\{", re.I)
_MAX_FONT_TABLE = 32_768
"""In characters; striprtf's search of the table takes time in the square of its length."""


def read_rtf(data: bytes) -> Content:
    """The paragraphs and table rows, parted by blank lines, and the title where it is ASCII.

    Bytes that the file's own code pages do not know become U+FFFD.
    """
    if not data.lstrip().startswith(b"{\\rtf"):
        raise DocumentError("not an .rtf (it does not begin with {\\rtf); save it again as RTF")
    # RTF is ASCII by its definition, and other bytes are Windows-1252 in practice; latin-1 never
    # fails and keeps the length that \bin counts.
    text = data.decode("latin-1")
    with parsing("RTF", _ADVICE):
        from striprtf.striprtf import font_table_group, rtf_to_text

        fonts = font_table_group(text)  # type: ignore[no-untyped-call]
        if len(fonts) > _MAX_FONT_TABLE:
            raise DocumentError(
                f"its table of fonts is beyond {_MAX_FONT_TABLE:,} characters; {_ADVICE}"
            )
        # A font that names no character set would be given the next one's.
        text = text.replace(fonts, _PLAIN_FONT.sub(r"\1\\fcharset1", fonts), 1)
        # striprtf puts a link's address into the sentence, found by a search that takes time in
        # the square of a line's length; with a space it does not see the link.
        text = _FIELD.sub(r"\1 {", text)
        plain = rtf_to_text(text, _encoding(text), "replace")  # type: ignore[no-untyped-call]
    title, author, made = (path.search(text) for path in (_TITLE, _AUTHOR, _MADE))
    return Content(
        title[1] if title else None,
        "\n\n".join(_blocks(plain)),
        author=author[1] if author else None,
        date="-".join(made.groups()) if made else None,
    )


def _encoding(text: str) -> str:
    """The code page that the file declares, where Python knows it; else Windows-1252."""
    page = _CODE_PAGE.search(text)
    try:
        return codecs.lookup(f"cp{page[1]}").name if page else "cp1252"
    except LookupError:
        return "cp1252"


def _blocks(plain: str) -> list[str]:
    lines = (line.strip() for line in plain.split("\n"))
    return [_row(line) if line.endswith("|") else line for line in lines if line]


def _row(line: str) -> str:
    return " | ".join(filter(None, map(str.strip, line.split("|"))))
