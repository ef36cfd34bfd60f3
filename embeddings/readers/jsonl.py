"""JSON Lines (.jsonl, .ndjson) → the text of each record, its title above it."""

from __future__ import annotations

import json
from typing import Any

from embeddings.errors import DocumentError
from embeddings.particulars import only
from embeddings.readers.content import Content, parsing
from embeddings.readers.text import decode, normalise

_TEXT_FIELDS = ("text", "body", "content")
_AUTHOR_FIELDS = ("author", "authors", "creator")
_DATE_FIELDS = ("date", "published", "date_published")
_SOURCE_FIELDS = ("source", "url", "link")
_ADVICE = "write one JSON object a line"


def read_jsonl(data: bytes) -> Content:
    """The records' texts in order, parted by blank lines; the title of a single record.

    A record is an object with a string in `text`, `body` or `content`, the first that it has, and
    perhaps in `title`. Author, date and source are those that all records share; other fields are
    left out.
    """
    titles: list[str] = []
    blocks: list[str] = []
    said: list[tuple[str | None, ...]] = []
    for number, line in enumerate(normalise(decode(data)).split("\n"), 1):
        if not line.strip():
            continue
        with parsing(f"JSON in line {number}", _ADVICE):
            record = json.loads(line)
        title, text = _title(record), _text(record, number)
        titles += filter(None, [title])
        blocks += [block for block in (title, text) if block.strip()]
        fields = (_AUTHOR_FIELDS, _DATE_FIELDS, _SOURCE_FIELDS)
        said.append(tuple(_first(record, names) for names in fields))
    author, date, source = (only([row[n] for row in said]) for n in range(3))
    own = titles[0] if titles and len(said) == 1 else None
    return Content(own, "\n\n".join(blocks), author=author, date=date, source=source)


def _first(record: Any, names: tuple[str, ...]) -> str | None:
    """The first of these fields that the record has, a list as its members."""
    for name in names:
        value = record.get(name)
        parts = value if isinstance(value, list) else [value]
        if found := ", ".join(str(part) for part in parts if isinstance(part, str | int)):
            return found
    return None


def _title(record: Any) -> str:
    title = record.get("title") if isinstance(record, dict) else None
    return " ".join(title.split()) if isinstance(title, str) else ""


def _text(record: Any, number: int) -> str:
    if isinstance(record, dict):
        for name in _TEXT_FIELDS:
            if isinstance(record.get(name), str):
                return str(record[name])
    found = f"fields {', '.join(map(repr, record))}" if isinstance(record, dict) else "no object"
    raise DocumentError(
        f"line {number}: expected an object with a string in {', '.join(_TEXT_FIELDS)}, "
        f"found {found[:200]}; add the field or remove the line"
    )
