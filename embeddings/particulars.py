"""What a file says of itself, cleaned: who wrote it, when, and where it is from.

Readers hand over the words of the file as they stand; what cannot be understood counts as not said.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from email.utils import parsedate_tz
from urllib.parse import urlsplit

from embeddings.readers.text import normalise

_LONGEST = 300
_LONGEST_ADDRESS = 2000
_NOBODY = re.compile(
    r"unknown|anonymous|author|admin(istrator)?|root|owner|guest|(default |office |windows )?user"
    r"|microsoft office user|python-docx|openpyxl|python-pptx|steve canny|https?://.*"
    r"|(microsoft )?(word|excel|powerpoint)|(libre|open)office",
    re.I,
)
_PDF = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_ISO = re.compile(
    r"(\d{4})(?:([-/.])(\d\d?)(?:\2(\d\d?))?)?(?=$|[T\s,;])|(\d{4})(\d\d)(\d\d)(?!\d)"
)
_WORDS = ("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%B %Y", "%b %Y")
_DAY_ENDING = re.compile(r"(?<=\d)(st|nd|rd|th)\b")


def clean_author(text: str | None) -> str | None:
    """The name on one line; None where a program put it there, or it is none."""
    name = " ".join(normalise(text or "").split()).strip("\"' ")
    if not name or len(name) > _LONGEST or _NOBODY.fullmatch(name):
        return None
    return name


def clean_date(text: str | None) -> str | None:
    """The day in ISO 8601, as exact as `text` is: "2024", "2024-05" or "2024-05-03".

    Understood are ISO 8601, the dates of mail and PDF, and a month in English; not 03/05/2024,
    which is March to some and May to others. The time of day is left out, the day is the one that
    is written, in whatever time zone.
    """
    text = " ".join((text or "").split())[:_LONGEST]
    if match := _PDF.match(text):
        return _day(*match.groups())
    if match := _ISO.match(text):
        return _day(*(match.group(5, 6, 7) if match[5] else match.group(1, 3, 4)))
    plain = _DAY_ENDING.sub("", text)
    for pattern in _WORDS:
        try:
            found = datetime.strptime(plain, pattern).date().isoformat()
        except ValueError:
            continue
        return found if "%d" in pattern else found[:7]
    try:
        mail = parsedate_tz(text)
    except (IndexError, TypeError, ValueError):  # it was written for mail that is well
        return None
    return _day(*map(str, mail[:3])) if mail else None


def clean_address(text: str | None) -> str | None:
    """The address of a web page; None for any other, such as that of a script."""
    address = (text or "").strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    if (
        len(address) > _LONGEST_ADDRESS
        or not address.isprintable()
        or re.search(r'[\s<>"]', address)
    ):
        return None
    return address


def only(values: list[str | None]) -> str | None:
    """The value that all of them share; None where they differ or one is missing."""
    return values[0] if values and len(set(values)) == 1 else None


def _day(year: str, month: str | None, day: str | None) -> str | None:
    """The parts as ISO 8601, None where there is no such day."""
    try:
        found = date(int(year), int(month or 1), int(day or 1)).isoformat()
    except ValueError:
        return None
    return found if day else found[:7] if month else found[:4]
