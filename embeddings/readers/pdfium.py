"""PDFium, opened safely: one thread at a time, and its failures as a `DocumentError`."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

from embeddings.errors import DocumentError
from embeddings.readers.content import parsing

_LOCK = threading.Lock()
"""PDFium may not be called by two threads at once, not even for two files."""


@contextmanager
def opened(data: bytes) -> Iterator[Any]:
    """The `pypdfium2.PdfDocument` in `data`, no other thread at PDFium meanwhile.

    Whatever fails inside comes out as a `DocumentError`.
    """
    with _LOCK, parsing("PDF", "open it in a PDF viewer and save it again, or remove it"):
        import pypdfium2
        from pypdfium2 import raw

        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == raw.FPDF_ERR_PASSWORD:
                raise DocumentError("encrypted PDF; save a copy without the password") from error
            raise
        with closing(pdf):
            yield pdf


@cache
def call(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """PDFium's function of that name under bare argument types.

    It takes addresses as integers and keeps the interpreter's lock, which makes a call for every
    character affordable: 0.3 µs, where pypdfium2's own takes 1 to 2.
    """
    from pypdfium2 import raw

    address = ctypes.cast(getattr(raw, name), ctypes.c_void_p).value
    if address is None:
        raise AttributeError(f"PDFium has no {name}")
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


def address(handle: Any) -> int:
    """The address that a handle of PDFium points to, 0 for none."""
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
