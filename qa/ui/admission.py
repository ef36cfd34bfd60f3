"""Which files are taken in where people add them, and under what name they are kept."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from embeddings.documents import SUFFIXES, unpacked_name
from embeddings.errors import PinciteError

_LONGEST_NAME = 200
"""Bytes of a file's name; file systems take 255."""
_MEGA = 1_000_000
_LEFT_FREE = 500 * _MEGA
"""What uploads leave free of the disk, however many people add files."""


class UploadRefusedError(PinciteError):
    """A file that is not taken in; the message says what is."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be added: to one session's uploads, or to those of all where they are shared."""

    file_bytes: int = 50 * _MEGA
    files: int = 100
    total_bytes: int = 200 * _MEGA

    def told(self) -> str:
        """The limits in words."""
        return (
            f"Up to {self.files:,} files, {in_words(self.file_bytes)} each, "
            f"{in_words(self.total_bytes)} in all."
        )


def admitted(name: str, size: int, sizes: Sequence[int], limits: Limits, folder: Path) -> str:
    """The safe name of a file of that size, beside files of those `sizes` in the `folder`.

    Raises `UploadRefusedError` for one that is not to be taken in.
    """
    clean = safe_name(name)
    suffix = PurePosixPath(unpacked_name(clean)).suffix.lower()
    if suffix not in SUFFIXES:
        raise UploadRefusedError(
            f"{clean} is not a kind of file that can be read. Files may end in "
            f"{', '.join(sorted(SUFFIXES))}, and in .gz after one of these."
        )
    if size > limits.file_bytes:
        raise UploadRefusedError(
            f"{clean} has {in_words(size)}, at most {in_words(limits.file_bytes)} are taken."
        )
    if len(sizes) >= limits.files:
        raise UploadRefusedError(
            f"{clean} is one too many: at most {limits.files:,} files are taken. Remove some first."
        )
    total = sum(sizes) + size
    if total > limits.total_bytes:
        raise UploadRefusedError(
            f"With {clean} there would be {in_words(total)}, at most "
            f"{in_words(limits.total_bytes)} are taken in all. Remove some files first."
        )
    if shutil.disk_usage(folder).free - size < _LEFT_FREE:
        raise UploadRefusedError(
            f"{clean} does not fit: there is hardly any room left on this server's disk."
        )
    return clean


def in_words(size: int) -> str:
    """A number of bytes, as a person says it."""
    return f"{size / _MEGA:,.0f} MB" if size >= _MEGA else f"{size / 1000:,.0f} kB"


def safe_name(name: str) -> str:
    """The last part of a file's name as it came, without what could harm where it is kept.

    No folders, no control or invisible characters, no dot in front; not too long.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    seen = "".join(c for c in last if not unicodedata.category(c).startswith("C"))
    clean = " ".join(seen.split()).lstrip(". ")
    suffix = "".join(PurePosixPath(clean).suffixes[-2:])[-20:]
    stem = clean[: len(clean) - len(suffix)] if suffix else clean
    room = _LONGEST_NAME - len(suffix.encode())
    return (stem.encode()[:room].decode(errors="ignore").strip() or "document") + suffix


def numbered(name: str) -> Iterator[str]:
    """The name, then "name (2)", "name (3)" and so on, before its suffixes."""
    yield name
    unpacked = unpacked_name(name)
    suffix = PurePosixPath(unpacked).suffix + name[len(unpacked) :]
    stem = name[: len(name) - len(suffix)]
    number = 2
    while True:
        yield f"{stem} ({number}){suffix}"
        number += 1
