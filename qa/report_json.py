"""What indexing did → the JSON object of `pincite index --json`, for scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from embeddings.check import Check
from embeddings.indexer import Report


class SkippedJson(TypedDict):
    """A file that holds no document, and why."""

    document: str
    reason: str


class ReportJson(TypedDict):
    """Paths relative to the folder, sorted; `passages` are all that the index holds now."""

    added: list[str]
    changed: list[str]
    unchanged: list[str]
    removed: list[str]
    skipped: list[SkippedJson]
    embedded: int
    passages: int
    seconds: float
    index: str


class CheckJson(ReportJson):
    """With `--check`: also what was wrong and is mended, and what still is."""

    mended: list[str]
    broken: list[str]


def report_json(report: Report, passages: int, index: Path) -> ReportJson:
    """The report as plain data, in the order of the fields above."""
    return {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "skipped": [{"document": skip.path, "reason": skip.reason} for skip in report.skipped],
        "embedded": report.embedded,
        "passages": passages,
        "seconds": round(report.seconds, 3),
        "index": str(index),
    }


def check_json(found: Check, passages: int, index: Path) -> CheckJson:
    """The check as plain data, likewise."""
    report = report_json(found.report, passages, index)
    return {**report, "mended": found.mended, "broken": found.broken}
