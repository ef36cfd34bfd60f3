"""Paths, patterns and dates → the documents that a question is asked of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape

from embeddings.errors import DocumentError
from embeddings.store import Store

_SHOWN = 8
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a question is asked of: those within the patterns, of the time between.

    `within` is as in `documents_within`, () for all. `after` and `before` are days, months or years
    in ISO 8601, both included; None for no bound. A date less exact than a day, of a document too,
    stands for all its days, and one of them in between is enough. A document without a date is left
    out where there is a bound. Raises `ValueError` for what is no such date.
    """

    within: tuple[str, ...] = ()
    after: str | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("after", self.after), ("before", self.before)):
            if value is not None and not _DATE.fullmatch(value):
                raise ValueError(
                    f"{name} is {value!r}, expected a date as in 2024-05-03, 2024-05 or 2024."
                )
        if self.after and self.before and _first_day(self.after) > _last_day(self.before):
            raise ValueError(
                f"Nothing is after {self.after} and before {self.before}; exchange the two."
            )

    @classmethod
    def of(
        cls, within: Sequence[str] = (), after: str | None = None, before: str | None = None
    ) -> Filter:
        """The filter of these parts. Raises `ValueError` for one string in place of several."""
        if isinstance(within, str):
            raise ValueError(
                f"within is the string {within!r}, expected several, as in ({within!r},)"
            )
        return cls(tuple(within), after, before)

    def documents(self, stores: Sequence[Store]) -> set[str] | None:
        """The ids of the documents of these stores that it takes in; None where that is all.

        Raises `DocumentError`, which says what there is, where it takes in nothing.
        """
        chosen = None
        if self.within:
            files = {path: d for store in stores for path, d in store.files().items()}
            chosen = documents_within(files, self.within)
        if self.after is None and self.before is None:
            return chosen
        dates = {d: date for store in stores for d, date in store.dates().items()}
        of_time = {document for document, date in dates.items() if self._covers(date)}
        found = of_time if chosen is None else of_time & chosen
        if not found:
            among = dates if chosen is None else {d: dates[d] for d in dates.keys() & chosen}
            raise DocumentError(f"No document is dated {self._bounds()}. {_dated(among)}")
        return found

    def takes_in(self, path: str) -> bool:
        """Whether `within` does."""
        patterns = self.within
        return (
            not patterns
            or literally(path) in patterns
            or any(_takes_in(pattern, path) for pattern in patterns)
        )

    def _covers(self, date: str) -> bool:
        if self.after is not None and _last_day(date) < _first_day(self.after):
            return False
        return self.before is None or _first_day(date) <= _last_day(self.before)

    def _bounds(self) -> str:
        bounds = (("after", self.after), ("before", self.before))
        return " and ".join(f"{name} {date}" for name, date in bounds if date is not None)


EVERYTHING = Filter()
"""All documents."""


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


def _dated(dates: Mapping[str, str]) -> str:
    if not dates:
        return "None of the documents says when it is from."
    return (
        f"Of {len(dates):,} it is known when they are from: {min(dates.values())} "
        f"to {max(dates.values())}."
    )


def _first_day(date: str) -> str:
    return date + "-01-01"[len(date) - 4 :]


def _last_day(date: str) -> str:
    return date + "-12-31"[len(date) - 4 :]
