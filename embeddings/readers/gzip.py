"""Gzip-compressed files (.gz) → the bytes of the file inside."""

from __future__ import annotations

import gzip
import io

from embeddings.errors import DocumentError
from embeddings.readers.content import parsing

MAX_UNPACKED_BYTES = 64 * 1024 * 1024
"""The most that is unpacked; a file that goes on beyond it is refused."""


def gunzip(data: bytes) -> bytes:
    """What `data` unpacks to, read only up to the limit. Raises `DocumentError` beyond it."""
    with (
        parsing("gzip", "compress the file again, or remove it"),
        gzip.GzipFile(fileobj=io.BytesIO(data)) as file,
    ):
        unpacked = file.read(MAX_UNPACKED_BYTES + 1)
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise DocumentError(
            f"unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB; unpack and split it"
        )
    return unpacked
