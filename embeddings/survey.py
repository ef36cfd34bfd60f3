"""The files of a folder, and whether they are what an index knows of them.

Size and time tell most of it without reading; where they do not, the hash of the bytes does.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from embeddings.documents import SUFFIXES, find_documents, read_bytes
from embeddings.errors import DocumentError
from embeddings.members import archive_of, members
from embeddings.store import UNSURE, Known, Stamp

_UNSURE_NS = 2_000_000_000
"""A file changed as lately as this may change again within one tick of a coarse clock."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may be a document, and its stamp from before it was read."""

    path: Path
    stamp: Stamp


def survey(docs: Path) -> dict[str, FoundFile]:
    """The folder's files by relative path, sorted. Raises `DocumentError` where there are none."""
    files = {
        name: FoundFile(path, _stamp(path, name))
        for path in find_documents(docs)
        for name in [path.relative_to(docs).as_posix()]
    }
    if not files:
        raise DocumentError(
            f"There are no documents in {docs}. "
            f"Put files there that end in {', '.join(sorted(SUFFIXES))}."
        )
    return files


def _stamp(path: Path, name: str) -> Stamp:
    """The file's size and time; of a member its own size, and the time of the archive."""
    now = time.time_ns()
    try:
        archive, member = archive_of(path, name) or (path, None)
        status = archive.stat()
        size = status.st_size if member is None else members(archive)[member]
    except (OSError, DocumentError, KeyError):  # gone or changed since it was found
        return UNSURE
    sure = status.st_mtime_ns < now - _UNSURE_NS
    return Stamp(size, status.st_mtime_ns if sure else UNSURE.mtime_ns)


def stamps_agree(files: dict[str, FoundFile], known: dict[str, Known]) -> bool:
    """Whether all stamps, and no others, are those that are known."""
    return files.keys() == known.keys() and all(
        file.stamp.sure and file.stamp == known[name].stamp for name, file in files.items()
    )


def contents_agree(files: dict[str, FoundFile], known: dict[str, Known]) -> bool:
    """Whether all files hold what is known of them, whatever their stamps say."""
    return files.keys() == known.keys() and all(
        _same(name, file, known[name]) for name, file in files.items()
    )


def _same(name: str, file: FoundFile, before: Known) -> bool:
    if file.stamp.sure and file.stamp == before.stamp:
        return True
    try:
        data = read_bytes(file.path, name)
    except DocumentError:
        return False
    return before.document == hashlib.sha256(data).hexdigest()
