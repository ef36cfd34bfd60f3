"""Bytes → text for the formats that are text, and the one normalisation of all text."""

from __future__ import annotations

import codecs
import re
import unicodedata

from embeddings.errors import DocumentError
from embeddings.readers.content import Content

_BOMS = (  # UTF-32 before UTF-16: the little-endian marks begin alike
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    *(b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"RIFF", b"%PDF-", b"{\\rtf", b"SQLite format 3\0"),
    *(b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd"),
    *(b"\x7fELF", b"\xd0\xcf\x11\xe0"),
)
_NOT_TEXT = bytes({*range(0x20), 0x7F} - {*b"\t\n\f\r\x1b"})
_WIDE = ["utf_16_le", "utf_16_be"]
_WESTERN = ["cp1252", "cp1250", "iso8859_2", "cp1254"]
_COMMON = [
    *_WESTERN,
    *("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
_CENTRAL_EUROPEAN = {"Czech", "Slovak", "Polish", "Hungarian", "Croatian", "Slovene"}
# not Romanian: Italian is taken for it
_WEB_NAMES = {  # the wider encodings that browsers read under these names
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "iso-8859-9": "cp1254",
}
_LINE_END = re.compile(r"\r\n?|\f")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read_text(data: bytes) -> Content:
    """The text as it stands in the file; plain text has no title of its own."""
    return Content(None, decode(data))


def normalise(text: str) -> str:
    """`text` without a byte-order mark, with LF line ends and without control characters.

    Each control character but tab becomes a space (a form feed a line end) and each lone
    surrogate U+FFFD, one for one, so that offsets move only at a CRLF or the opening mark.
    Nothing is composed, stripped or collapsed. Idempotent.
    """
    text = _LINE_END.sub("\n", text.lstrip("\ufeff"))
    return _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data`: by its byte-order mark, as UTF-8, as `declared`, or by its statistics.

    UTF-8 comes before the declared encoding because no other text is UTF-8 by accident.
    Raises `DocumentError` where the bytes are no text.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark) and (text := _strictly(data[len(mark) :], encoding)) is not None:
            return text
    if data.startswith(_MAGIC):
        raise DocumentError("binary content under a text file's name; rename or remove it")
    controls = len(data) - len(data.translate(None, _NOT_TEXT))
    if controls > max(2, len(data) // 100):  # more than stray: UTF-16 or no text
        text = _detected(data, _WIDE)
    else:
        text = _utf8(data) or _declared(data, declared) or _by_statistics(data)
    if text is None:
        raise DocumentError(
            "neither UTF-8 nor any encoding that could be recognised; "
            "save it as UTF-8, or remove it if it is not text"
        )
    return text


def _utf8(data: bytes) -> str | None:
    """`data` as UTF-8, also where a few of many characters are damaged."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd") - data.count("\ufffd".encode())
    return text if damaged * 20 <= len(data) - len(text) else None


def _declared(data: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    return _strictly(data, _WEB_NAMES.get(encoding.lower(), encoding))


def _by_statistics(data: bytes) -> str | None:
    high_bytes = len(data.translate(None, bytes(range(0x80))))
    if high_bytes * 20 > len(data):
        return _detected(data, _COMMON)
    text = _detected(data, _WESTERN)
    if text is None and high_bytes * 100 < len(data):  # stray bytes among ASCII
        text = data.decode("cp1252", "replace")
    return text


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _detected(data: bytes, encodings: list[str]) -> str | None:
    """The text in the likeliest of `encodings`; `None` where it is text in none of them.

    charset-normalizer may not choose among all it knows: on English and French text it then
    takes iso8859-14 or cp775. It also takes cp1250 for cp1252 where both read well; a language
    of the West decides against that.
    """
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=encodings).best()
    if best is None:
        return None
    text = str(best)
    if best.encoding in ("cp1250", "iso8859_2") and best.language not in _CENTRAL_EUROPEAN:
        text = _strictly(data, "cp1252") or text
    return text if _reads_as_text(text) else None


def _reads_as_text(text: str) -> bool:
    """Whether next to no code point of the beginning is a control, private or unassigned one."""
    beginning = text[:4096]
    odd = sum(
        unicodedata.category(c) in ("Cc", "Co", "Cn") and c not in "\t\n\r" for c in beginning
    )
    return odd * 50 <= len(beginning)
