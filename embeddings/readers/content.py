"""What every reader returns, and how a parser's failure becomes a `DocumentError`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from embeddings.errors import DocumentError, first_line
from embeddings.layout import NO_LAYOUT, LayoutInMemory


@dataclass(frozen=True, slots=True)
class Content:
    """The format's own title (`None` where it has none), the plain text and the page starts.

    `author`, `date`, `source`, the address it is from, and `language` are in the file's words; None
    where it does not say.

    `pages` are code-point offsets into `text`. A reader that fills them returns a `text` that
    `normalise` leaves as it is. `layout` says where its characters stand on the pages, and `notes`
    what a person should know of how the file was read.
    """

    title: str | None
    text: str
    pages: tuple[int, ...] = ()
    author: str | None = None
    date: str | None = None
    source: str | None = None
    language: str | None = None
    layout: LayoutInMemory = NO_LAYOUT
    notes: tuple[str, ...] = ()


@contextmanager
def parsing(format_name: str, advice: str) -> Iterator[None]:
    """Nothing; any failure of the parser inside comes out as a `DocumentError` with `advice`.

    Parsers of other people throw whatever they like on rubbish, hence the broad `except`.
    """
    try:
        yield
    except (DocumentError, MemoryError):
        raise
    except Exception as error:
        raise DocumentError(f"broken {format_name} ({first_line(error)}); {advice}") from error
