"""The files of a folder, and whether they are what an index knows of them.

Size and time tell most of it without reading; where they do not, the hash of the bytes does.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from embeddings.documents import SUFFIXES, find_files, read_bytes
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


@dataclass(frozen=True, slots=True)
class Survey:
    """The folder's files by relative path, sorted; `unlisted` and `unread` are as in `Found`."""

    files: dict[str, FoundFile]
    unlisted: dict[str, str]
    unread: dict[str, int]

    def in_sight(self, known: dict[str, Known]) -> dict[str, Known]:
        """Those of the known files that are not below a folder that cannot be listed now."""
        if not self.unlisted:
            return known
        return {
            name: file
            for name, file in known.items()
            if not any(str(above) in self.unlisted for above in PurePosixPath(name).parents)
        }


def survey(docs: Path) -> Survey:
    """What there is in the folder. Raises `DocumentError` where that cannot be told."""
    found = find_files(docs)
    files = {
        name: FoundFile(path, _stamp(path, name))
        for path in found.documents
        for name in [path.relative_to(docs).as_posix()]
    }
    return Survey(files, found.unlisted, found.unread)


def no_documents(docs: Path, found: Survey) -> DocumentError:
    """What to say of a folder without documents."""
    if found.unlisted:
        return DocumentError(
            f"There are no documents in what can be listed of {docs}. "
            f"{next(iter(found.unlisted.values()))}."
        )
    return DocumentError(
        f"There are no documents in {docs}. Put files there that end in "
        f"{', '.join(sorted(SUFFIXES))}, each also as .gz or in a .zip."
    )


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
