"""What indexing did → the JSON object of `pincite index --json`, for scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from embeddings.check import Check
from embeddings.indexer import Report
from embeddings.languages import ENGLISH


class SkippedJson(TypedDict):
    """A file that holds no document, or a folder that cannot be listed, and why."""

    document: str
    reason: str


class ReportJson(TypedDict):
    """Paths relative to the folder, sorted; `passages` are all that the index holds now.

    `languages` counts its documents by ISO 639-1 code, "" for those whose language is not clear;
    `notes` are what a person should know of them. `unread` counts the files of kinds that are not
    read, by suffix, "" for those without.
    """

    added: list[str]
    changed: list[str]
    unchanged: list[str]
    removed: list[str]
    skipped: list[SkippedJson]
    unread: dict[str, int]
    embedded: int
    passages: int
    seconds: float
    index: str
    languages: dict[str, int]
    notes: list[str]


class CheckJson(ReportJson):
    """With `--check`: also what was wrong and is mended, and what still is."""

    mended: list[str]
    broken: list[str]


def language_notes(languages: Mapping[str | None, int], *, bundled: bool) -> list[str]:
    """What to say where documents are in languages that the models, if `bundled`, do not read."""
    others = sum(n for language, n in languages.items() if language not in (None, ENGLISH))
    if not bundled or not others:
        return []
    are = "is" if others == 1 else "are"
    return [
        f"{others} of {sum(languages.values())} documents {are} not in English: the bundled models "
        "read English and find little there; name others with --model and --reader"
    ]


def report_json(
    report: Report,
    passages: int,
    index: Path,
    languages: Mapping[str | None, int],
    notes: Sequence[str] = (),
) -> ReportJson:
    """The report as plain data, in the order of the fields above."""
    return {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "skipped": [{"document": skip.path, "reason": skip.reason} for skip in report.skipped],
        "unread": report.unread,
        "embedded": report.embedded,
        "passages": passages,
        "seconds": round(report.seconds, 3),
        "index": str(index),
        "languages": {language or "": number for language, number in languages.items()},
        "notes": list(notes),
    }


def check_json(
    found: Check,
    passages: int,
    index: Path,
    languages: Mapping[str | None, int],
    notes: Sequence[str] = (),
) -> CheckJson:
    """The check as plain data, likewise."""
    report = report_json(found.report, passages, index, languages, notes)
    return {**report, "mended": found.mended, "broken": found.broken}
