"""What a web page declares of itself: its author, when it was published, its address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_AUTHOR = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author", "byl")
_DATE = (
    *("article:published_time", "og:article:published_time", "datepublished", "date", "pubdate"),
    *(
        "dc.date",
        "dc.date.issued",
        "dcterms.issued",
        "dcterms.date",
        "dcterms.created",
        "dc.date.created",
    ),
    *(
        "citation_publication_date",
        "citation_date",
        "publication_date",
        "publish-date",
        "sailthru.date",
    ),
)
_ADDRESS = ("og:url", "twitter:url", "citation_fulltext_html_url")
_SAVED_FROM = re.compile(
    r"<!-- saved from url=\(\d+\)(\S+) -->|Page saved with SingleFile\s+url: (\S+)"
)
_BEGINNING = 4096
_MOST_NESTED = 5


def page_particulars(tree: Any, text: str) -> tuple[str | None, str | None, str | None]:
    """Author, date and address, each as the page says it or None.

    `tree` still has its scripts, for JSON-LD (schema.org) stands in one; a browser that saved the
    page left its address in a comment at the beginning of `text`.
    """
    said: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop")
        if name and (content := (meta.get("content") or "").strip()):
            said.setdefault(name.lower(), content)
    linked = {k: v for thing in _linked_data(tree) for k, v in thing.items()}
    saved = _SAVED_FROM.search(text, 0, _BEGINNING)
    author = next(filter(None, (said.get(name) for name in _AUTHOR)), None)
    date = next(filter(None, (said.get(name) for name in _DATE)), None)
    return (
        (None if author and "://" in author else author) or _names(linked.get("author")),
        date or _text(linked.get("datePublished")) or _time(tree),
        _canonical(tree)
        or next(filter(None, (said.get(name) for name in _ADDRESS)), None)
        or (saved[1] or saved[2] if saved else None),
    )


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    """The objects of JSON-LD that say when something was published, the outermost last."""
    for script in tree.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            found = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _articles(found, 0)


def _articles(found: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _MOST_NESTED:
        return
    for thing in found if isinstance(found, list) else [found]:
        if isinstance(thing, dict):
            yield from _articles(thing.get("@graph", []), depth + 1)
            if "datePublished" in thing:
                yield thing


def _names(author: Any) -> str | None:
    people = author if isinstance(author, list) else [author]
    names = [person.get("name") if isinstance(person, dict) else person for person in people]
    return ", ".join(name for name in names if isinstance(name, str)) or None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _time(tree: Any) -> str | None:
    """The moment in a <time> that says of itself that it is the publication's."""
    for element in tree.iter("time"):
        if element.get("pubdate") is not None or element.get("itemprop") == "datePublished":
            return str(element.get("datetime") or element.text_content())
    return None


def _canonical(tree: Any) -> str | None:
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and link.get("href"):
            return str(link.get("href"))
    return None
