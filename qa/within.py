"""Paths and patterns → the documents that a question is asked of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from glob import escape

from embeddings.errors import DocumentError

_SHOWN = 8


def documents_within(files: Mapping[str, str], patterns: Sequence[str]) -> set[str]:
    """The ids of the documents that have a path which one of the patterns takes in.

    `files` gives the id of the document at each path, relative to the folder. A pattern is a
    document's path, a folder's, or either with `*`, `?` and `[…]`, where `*` goes beyond a `/`.
    Raises `DocumentError`, which says what there is, for a pattern that takes in nothing, and
    `ValueError` for one string in place of several.
    """
    if isinstance(patterns, str):
        raise ValueError(
            f"within is the string {patterns!r}, expected several, as in ({patterns!r},)"
        )
    exact = {literally(path): document for path, document in files.items()}
    found: set[str] = set()
    for pattern in patterns:
        if pattern in exact:  # one of thousands, as where a person ticks documents in a list
            taken = {exact[pattern]}
        else:
            taken = {document for path, document in files.items() if _takes_in(pattern, path)}
        if not taken:
            raise DocumentError(f"No document is in {pattern!r}. There are: {_listed(files)}.")
        found |= taken
    return found


def literally(path: str) -> str:
    """The pattern that takes in this document and no other, whatever signs are in its path."""
    return escape(path)


def _takes_in(pattern: str, path: str) -> bool:
    whole = pattern.removeprefix("./").rstrip("/")
    return (
        path == whole
        or path.startswith(f"{whole}/")
        or fnmatchcase(path, whole)
        or fnmatchcase(path, f"{whole}/*")
    )


def _listed(files: Mapping[str, str]) -> str:
    """The folders and files at the top, folders with how many files are in them."""
    tops = Counter(path.partition("/")[0] + "/" * ("/" in path) for path in sorted(files))
    names = [f"{name} ({n:,})" if name.endswith("/") else name for name, n in tops.items()]
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
