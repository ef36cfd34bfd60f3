"""When an Office file was written, by its core properties."""

from __future__ import annotations

from datetime import datetime
from typing import Any

_TEMPLATES = ("2013-12-23T23:15", "2013-01-27T09:1")
"""When the templates of python-docx and python-pptx were made; files made with them say so."""


def core_date(properties: Any) -> str | None:
    """The moment at which it was made, else at which it was last changed; None without either."""
    for name in ("created", "modified"):
        found = getattr(properties, name)
        if isinstance(found, datetime) and not found.isoformat().startswith(_TEMPLATES):
            return found.isoformat()
    return None
