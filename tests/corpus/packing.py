"""Archives of the same bytes every time: no clock, no machine."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Mapping

_THEN = (2024, 5, 3, 12, 0, 0)
_DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def packed(members: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of the members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _THEN)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            archive.writestr(info, content)
    return buffer.getvalue()


def settled(office: bytes) -> bytes:
    """An office file without the time at which it was saved."""
    return packed(
        {
            name: _DATES.sub(rb"\g<1>2024-05-03T12:00:00Z", content)
            for name, content in unpacked(office).items()
        }
    )


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The members of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def gzipped(data: bytes) -> bytes:
    """The data compressed, without name or time."""
    return gzip.compress(data, mtime=0)
