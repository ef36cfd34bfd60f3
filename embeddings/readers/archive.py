"""Documents that are zip archives of XML: opened within limits, parsed without entities.

Members are read into memory by name only; nothing is ever written to disk.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

from embeddings.errors import DocumentError
from embeddings.readers.content import parsing

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""The most that all members may unpack to, pictures included."""
MAX_XML_BYTES = 64 * 1024 * 1024
"""The most that one member of XML may unpack to."""
MAX_MEMBERS = 10_000

_OLE = b"\xd0\xcf\x11\xe0"
_XML = (".xml", ".rels", ".xhtml", ".html", ".htm", ".opf", ".ncx")
_ENCRYPTED = 0x1


def open_archive(data: bytes, suffix: str, old: str, advice: str) -> zipfile.ZipFile:
    """The archive, checked against the limits by its directory.

    `zipfile` unpacks no more of a member than the directory says, so the directory's sums bound
    what is read. `suffix` and `old`, the suffix of the format's forerunner, are for the message.
    Raises `DocumentError`.
    """
    if data.startswith(_OLE):
        raise DocumentError(
            f"not a {suffix} but an old {old} or a password-protected file; "
            f"save it as {suffix} without a password"
        )
    if not data.startswith(b"PK"):
        raise DocumentError(f"not a {suffix} (not a zip archive); {advice}")
    with parsing(suffix, f"{advice}, or remove it"):
        archive = zipfile.ZipFile(io.BytesIO(data))
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise DocumentError(
            f"{len(members):,} files inside, expected at most {MAX_MEMBERS:,}; split it"
        )
    total = sum(member.file_size for member in members)
    if total > MAX_UNPACKED_BYTES:
        raise _too_big("", total, MAX_UNPACKED_BYTES)
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise DocumentError(f"password-protected {suffix}; save a copy without the password")
        if member.filename.lower().endswith(_XML) and member.file_size > MAX_XML_BYTES:
            raise _too_big(f"{member.filename!r} in it ", member.file_size, MAX_XML_BYTES)
    return archive


def parse_xml(data: bytes) -> Any:
    """The root element. Entities stay unresolved, nothing is fetched, libxml2's limits hold."""
    from lxml import etree  # type: ignore[import-untyped, unused-ignore]

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    return etree.fromstring(data, parser)


def read_xml(archive: zipfile.ZipFile, name: str) -> Any:
    """The root element of the member `name`, which may carry any name; `KeyError` without it."""
    size = archive.getinfo(name).file_size
    if size > MAX_XML_BYTES:
        raise _too_big(f"{name!r} in it ", size, MAX_XML_BYTES)
    return parse_xml(archive.read(name))


def _too_big(what: str, found: int, limit: int) -> DocumentError:
    return DocumentError(
        f"{what}unpacks to {found >> 20:,} MiB, expected at most {limit >> 20}; "
        "split it or take the pictures out"
    )
