"""File → Document: the first link of the chain; every later offset points into its text.

    find_documents(folder) → read_document(path, folder) → Document(id, path, title, text, pages)

The formats are read in `readers`, one file each; here their text is normalised, titled and given
its identity.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from embeddings.errors import DocumentError
from embeddings.languages import detect_language
from embeddings.layout import NO_LAYOUT, Box, Layout, boxes_of, page_at
from embeddings.members import ZIP, archive_of, members, read_member
from embeddings.particulars import clean_address, clean_author, clean_date
from embeddings.readers.content import Content
from embeddings.readers.csv import read_csv
from embeddings.readers.docx import read_docx
from embeddings.readers.epub import read_epub
from embeddings.readers.gzip import gunzip
from embeddings.readers.html import read_html
from embeddings.readers.jsonl import read_jsonl
from embeddings.readers.mail import read_eml, read_mbox
from embeddings.readers.markdown import read_markdown
from embeddings.readers.odf import read_odf
from embeddings.readers.pdf import read_pdf
from embeddings.readers.pptx import read_pptx
from embeddings.readers.rtf import read_rtf
from embeddings.readers.text import normalise, read_text
from embeddings.readers.xlsx import read_xlsx
from embeddings.sentences import ROW_END

__all__ = [
    "SUFFIXES",
    "Box",
    "Document",
    "Found",
    "check_folder",
    "find_documents",
    "find_files",
    "normalise",
    "parse_document",
    "read_bytes",
    "read_document",
    "title_from_name",
    "unpacked_name",
]

READERS: dict[str, Callable[[bytes], Content]] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".odt": read_odf,
    ".odp": read_odf,
    ".ods": read_odf,
    ".pptx": read_pptx,
    ".xlsx": read_xlsx,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".epub": read_epub,
    ".eml": read_eml,
    ".mbox": read_mbox,
    ".rtf": read_rtf,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}
"""What reads the files of each suffix."""
SUFFIXES = frozenset(READERS)
"""The suffixes that are read, in lower case; in a file's name case does not matter.

Each may be followed by `.gz`."""
_GZIP = ".gz"
_DO_NOT_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""For a pipe that nobody writes to; Windows has no such thing, but text files."""

_LONGEST_HEADING = 120
_WRAPPED_PROSE = 50
_LONGEST_TITLE = 300
_PROGRAMS_TITLE = re.compile(
    r"untitled.*|unspecified|\(?anonymous\)?|document\d*|microsoft (word|powerpoint|excel)\b.*"
    r"|.*\.(docx?|pdf|tex|dvi|pptx?|xlsx?|indd|qxd|rtf|odt)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text, normalised, as all offsets see it.

    `id` is the SHA-256 of the file's bytes in hexadecimal, `path` is relative to the folder with
    `/`, and `pages` holds the offset in `text` at which each page starts; it is empty where the
    format has no pages. Where the file says so, `author` is who wrote it, `date` the day in ISO
    8601 and as exact as said ("2024", "2024-05-03"), and `source` the address it is from.
    `language` is the ISO 639-1 code of what most of it is in, None where that is not clear.
    `layout` says where the characters stand, where the format tells (PDF). `notes` are what a
    person should know of how the file was read; a store does not keep them.
    """

    id: str
    path: str
    title: str
    text: str
    pages: tuple[int, ...]
    author: str | None = None
    date: str | None = None
    source: str | None = None
    language: str | None = None
    layout: Layout = field(default=NO_LAYOUT, repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def page(self, offset: int) -> int | None:
        """The 1-based page that `text[offset]` stands on; `None` where there are no pages.

        A footnote may follow a paragraph that ends on the next page: the layout knows.
        """
        if not self.pages:
            return None
        page = page_at(self.layout.pages(offset, offset + 1), offset)
        return bisect_right(self.pages, offset) if page is None else page

    def boxes(self, start: int, end: int) -> tuple[Box, ...]:
        """Where `text[start:end]` stands: a box for each line, in reading order.

        Empty where the format does not tell. `Box` says how it is measured.
        """
        return boxes_of(self.layout.pages(start, end), start, end)


@dataclass(frozen=True, slots=True)
class Found:
    """What there is under a folder; nothing hidden counts.

    `documents` are the files that can be read by their suffix, sorted by relative path, `unlisted`
    says by relative path which folders cannot be listed and why, and `unread` counts the files of
    kinds that are not read by their suffix, "" for none, the most common first.
    """

    documents: list[Path]
    unlisted: dict[str, str]
    unread: dict[str, int]


def check_folder(folder: Path) -> None:
    """Raises `DocumentError` where `folder` is none."""
    if not folder.exists():
        raise DocumentError(f"{folder}: no such folder; give the folder that holds the documents")
    if not folder.is_dir():
        raise DocumentError(f"{folder}: a file, not a folder; give the folder it is in")


def find_documents(folder: Path) -> list[Path]:
    """The documents that `find_files` finds."""
    return find_files(folder).documents


def find_files(folder: Path) -> Found:
    """The files under `folder`, and what there is besides.

    Hidden files and folders are left out, links to folders are not followed, nor links to files
    outside. Of an archive its members are there, or itself where they cannot be read.
    Raises `DocumentError` where `folder` itself cannot be listed.
    """
    check_folder(folder)
    unlisted: dict[str, str] = {}
    unread: Counter[str] = Counter()

    def skip(error: OSError) -> None:
        path = Path(error.filename)
        name = _printable(str(path) if path == folder else path.relative_to(folder).as_posix())
        reason = f"{name}: cannot be listed ({error.strerror}); check its permissions"
        if path == folder:
            raise DocumentError(reason) from error
        unlisted[name] = f"{reason}; what was indexed from it before is kept"

    documents = sorted(
        _walk(folder, skip, unread), key=lambda path: path.relative_to(folder).as_posix()
    )
    kinds = sorted(unread.items(), key=lambda kind: (-kind[1], kind[0]))
    return Found(documents, unlisted, dict(kinds))


def read_document(path: Path, folder: Path) -> Document:
    """The document in the file `path`, which lies under `folder`; see `parse_document`."""
    relative = path.relative_to(folder).as_posix()
    return parse_document(read_bytes(path, relative), relative)


def read_bytes(path: Path, relative: str) -> bytes:
    """What the file at `path`, which ends in `relative`, holds; it may be a member of an archive.

    Raises `DocumentError` that calls it by its `relative` path, also where it has become a link
    out of the folder, or no plain file, since it was found.
    """
    try:
        return _read_bytes(path, relative)
    except DocumentError as error:
        raise DocumentError(f"{_printable(relative)}: {error}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise DocumentError(
            f"{_printable(relative)}: cannot be read ({reason}); check its permissions"
        ) from error


def _read_bytes(path: Path, relative: str) -> bytes:
    folder = path.parents[len(PurePosixPath(relative).parts) - 1]
    archive, member = archive_of(path, relative) or (path, None)
    real = archive.resolve(strict=True)
    if not real.is_relative_to(folder.resolve()):
        raise DocumentError("a link out of the folder, not followed; put the file itself there")
    descriptor = os.open(real, os.O_RDONLY | _DO_NOT_WAIT)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise DocumentError("a pipe or device, expected a plain file; remove it")
        if member is not None:
            return read_member(file, member)
        if relative.lower().endswith(ZIP):
            members(real)  # says why it is none of its members that are read
            raise DocumentError("nothing in it could be read; index the folder again")
        return file.read()


def parse_document(data: bytes, path: str) -> Document:
    """The document that `data`, the bytes of the file at relative `path`, holds.

    The suffix of `path` chooses the reader. Raises `DocumentError` naming the file where the
    bytes are not what the suffix says, or hold no text.
    """
    return tell_language(parse_untold(data, path))


def tell_language(document: Document) -> Document:
    """The same document with the language that its text is in, not what its file says that is."""
    return replace(document, language=detect_language(document.text, document.language))


def parse_untold(data: bytes, path: str) -> Document:
    """As `parse_document`, but `language` is what the file says of itself, in whatever form.

    For `workers`: not each of its processes needs the model that tells languages.
    """
    if path != _printable(path):
        raise DocumentError(f"{_printable(path)}: the name is not valid Unicode; rename the file")
    unpacked = unpacked_name(path)
    suffix = PurePosixPath(unpacked).suffix.lower()
    if suffix not in READERS:
        raise DocumentError(
            f"{path}: cannot read {suffix or 'a file without suffix'}; "
            f"convert it to one of {', '.join(sorted(SUFFIXES))}"
        )
    try:
        content = READERS[suffix](data if unpacked == path else gunzip(data))
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error
    except RecursionError as error:
        raise DocumentError(f"{path}: nested too deeply; simplify it or remove it") from error
    text = normalise(content.text)
    if not text.strip():
        advice = "if it is a scan, run OCR first" if suffix == ".pdf" else "fill it or remove it"
        raise DocumentError(f"{path}: no text in it; {advice}")
    title = _meaningful(content.title) or _heading(text) or title_from_name(path)
    return Document(
        hashlib.sha256(data).hexdigest(),
        path,
        title,
        text,
        content.pages,
        clean_author(content.author),
        clean_date(content.date),
        clean_address(content.source),
        content.language,
        layout=content.layout,
        notes=content.notes,
    )


def _walk(folder: Path, skip: Callable[[OSError], None], unread: Counter[str]) -> Iterator[Path]:
    root = folder.resolve()
    for parent, folders, files in os.walk(folder, onerror=skip):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(parent, name)
            is_archive = name.lower().endswith(ZIP)
            if name.startswith("."):
                continue
            if not is_archive and not _is_readable(name):
                unread[_kind(name)] += 1
            elif _is_inside(path, root):
                yield from _in_archive(path, unread) if is_archive else [path]


def _is_inside(path: Path, root: Path) -> bool:
    """Whether it is a plain file, and no link that leads out of `root`."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
        return is_file and (not path.is_symlink() or path.resolve().is_relative_to(root))
    except PermissionError:  # its folder can be listed, but no more; reading it says so
        return True
    except OSError:
        return False


def _in_archive(path: Path, unread: Counter[str]) -> Iterator[Path]:
    """The members that can be read by their suffix; the archive itself where it cannot be."""
    try:
        names = members(path)
    except (DocumentError, OSError):
        yield path
        return
    for name in names:
        if _is_readable(name):
            yield path / name
        else:
            unread[_kind(name)] += 1


def _is_readable(name: str) -> bool:
    return PurePosixPath(unpacked_name(name)).suffix.lower() in SUFFIXES


def _kind(name: str) -> str:
    """The suffix of a file that is not read, with the `.gz` behind it; "" for what is none."""
    unpacked = unpacked_name(name)
    kind = (PurePosixPath(unpacked).suffix + name[len(unpacked) :]).lower()
    return kind if kind.isprintable() and " " not in kind else ""


def unpacked_name(path: str) -> str:
    """`path` without a `.gz` at its end."""
    return path[: -len(_GZIP)] if path.lower().endswith(_GZIP) else path


def _printable(path: str) -> str:
    """`path` with a question mark for each byte of a file name that is no Unicode."""
    return path.encode("utf-8", "replace").decode("utf-8")


def _meaningful(title: str | None) -> str | None:
    """The format's own title on one line, unless a program wrote it or it is no title."""
    if title is None:
        return None
    title = " ".join(normalise(title).split())
    if not title or len(title) > _LONGEST_TITLE or _PROGRAMS_TITLE.fullmatch(title):
        return None
    return title


def _heading(text: str) -> str | None:
    """The first line where it looks like a heading."""
    first, _, rest = text.lstrip().partition("\n")
    first, following = first.strip(), rest.partition("\n")[0].strip()
    if not rest.strip() or len(first) > _LONGEST_HEADING or first[-1] in ".!?:;,":
        return None
    if " | " in first or text.lstrip().partition("\n")[0].endswith(ROW_END):  # a row of a table
        return None
    if len(first) > _WRAPPED_PROSE and following and len(following) <= _LONGEST_HEADING:
        return None  # the first of many lines of hard-wrapped prose
    return first


def title_from_name(path: str) -> str:
    """What a document without a title of its own is called: its file's name, in words."""
    stem = PurePosixPath(unpacked_name(path)).stem
    return stem.replace("_", " ").replace("-", " ").strip() or stem
