"""A `.zip` in the folder → its members, each a document by the path `archive.zip/inner/name.txt`.

They are read into memory one by one, within limits; nothing is ever unpacked to disk, and archives
inside an archive are left out.
"""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from embeddings.errors import DocumentError
from embeddings.readers.content import parsing

ZIP = ".zip"
MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 1 << 30
"""The most that all members may unpack to."""
MAX_MEMBER_BYTES = 256 << 20
MAX_RATIO = 200
"""How many times its packed size a member of more than `_SMALL_BYTES` may unpack to."""
MAX_PATH_CHARS = 500

_SMALL_BYTES = 1 << 20
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ADVICE = "unpack it into the folder, or remove it"


def archive_of(path: Path, relative: str) -> tuple[Path, str] | None:
    """The archive that `path`, which ends in `relative`, leads into, and the member's name.

    None for the path of a plain file. A folder may be called `x.zip` too.
    """
    parts = PurePosixPath(relative).parts
    for count in range(len(parts) - 1, 0, -1):
        if parts[-count - 1].lower().endswith(ZIP):
            archive = path.parents[count - 1]
            if archive.is_file():
                return archive, "/".join(parts[-count:])
    return None


def members(archive: Path) -> dict[str, int]:
    """The files in the archive and what each unpacks to, in bytes; hidden ones are left out.

    Raises `DocumentError`, which does not name the archive, where it is broken, beyond a limit,
    encrypted, or holds a path that leads out of it; `OSError` where it cannot be read.
    """
    status = archive.stat()
    found = _members(archive, status.st_mtime_ns, status.st_size)
    if isinstance(found, str):
        raise DocumentError(found)
    return found


def read_member(file: IO[bytes], name: str) -> bytes:
    """What the member of the archive in `file` holds; limits and errors as in `members`."""
    with parsing("zip archive", _ADVICE), zipfile.ZipFile(file) as archive:
        _check(archive)
        if name not in archive.NameToInfo:
            raise DocumentError("no longer in the archive; index the folder again")
        return archive.read(name)  # no more of it than its directory says


@lru_cache(maxsize=256)
def _members(path: Path, _mtime_ns: int, _size: int) -> dict[str, int] | str:
    """The members, or why there are none; kept as long as the file is the same."""
    try:
        with (
            path.open("rb") as file,
            parsing("zip archive", _ADVICE),
            zipfile.ZipFile(file) as archive,
        ):
            _check(archive)
            return {m.filename: m.file_size for m in archive.infolist() if _is_visible(m)}
    except DocumentError as error:
        return str(error)


def _check(archive: zipfile.ZipFile) -> None:
    found = archive.infolist()
    if len(found) > MAX_MEMBERS:
        raise DocumentError(
            f"{len(found):,} files inside, at most {MAX_MEMBERS:,} are read; {_ADVICE}"
        )
    if (total := sum(member.file_size for member in found)) > MAX_UNPACKED_BYTES:
        raise _too_big("it", total, MAX_UNPACKED_BYTES)
    for member in found:
        name = member.filename
        if member.flag_bits & _ENCRYPTED:
            raise DocumentError(f"encrypted; {_ADVICE}")
        if not _is_safe(name):
            raise DocumentError(f"the path {name[:100]!r} inside does not stay in it; {_ADVICE}")
        if member.compress_type not in _METHODS:
            raise DocumentError(f"{name!r} inside is packed in an unusual way; {_ADVICE}")
        packed = max(1, member.compress_size)
        if member.file_size > MAX_MEMBER_BYTES:
            raise _too_big(repr(name), member.file_size, MAX_MEMBER_BYTES)
        if member.file_size > max(_SMALL_BYTES, MAX_RATIO * packed):
            raise DocumentError(
                f"{name!r} inside unpacks to {member.file_size // packed:,} times its size, "
                f"at most {MAX_RATIO} is expected; {_ADVICE}"
            )


def _is_safe(name: str) -> bool:
    """Whether it is a relative path that stays below on every system, and can be printed."""
    windows = PureWindowsPath(name)  # which knows both slashes
    return (
        len(name) <= MAX_PATH_CHARS
        and name.isprintable()
        and not (windows.drive or windows.root or ".." in windows.parts)
        and not any(part in ("", ".") for part in name.removesuffix("/").split("/"))
    )


def _is_visible(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.split("/")
    return not member.is_dir() and not any(p.startswith(".") or p == "__MACOSX" for p in parts)


def _too_big(what: str, found: int, limit: int) -> DocumentError:
    return DocumentError(
        f"{what} unpacks to {found >> 20:,} MiB, at most {limit >> 20:,} are read; {_ADVICE}"
    )
