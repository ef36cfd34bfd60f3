"""What the commands print: answers and figures on stdout, what happens meanwhile on stderr."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

    from embeddings.check import Check
    from embeddings.indexer import Progress, Report
    from qa.bot import Answer
    from qa.cite import Citation

_KINDS_NAMED = 5
"""How many kinds of files that are not read are named, those of the most files."""


def show_answer(answer: Answer) -> None:
    """Prints the answer for a person, the short answer in bold within its sentence."""
    from rich.console import Console
    from rich.text import Text

    from embeddings.terms import quoted_phrases

    console = Console(highlight=False, soft_wrap=True)
    if answer.abstained:
        console.print("No answer in these documents.", style="bold")
        if answer.nearest:
            console.print("The nearest sentences:")
        elif quoted_phrases(answer.question):
            console.print("No passage holds the words in quotation marks, word for word.")
    for citation in answer.citations or answer.nearest:
        console.print(Text(f"[{citation.number}] "), _marked(citation), sep="")
        for place in (citation, *citation.also):
            also = "also " if place is not citation else ""
            console.print(Text(f"    {also}{_place(place)}"), style="dim")
    if not answer.abstained and not answer.summary:
        console.print(f"confidence {min(answer.confidence, 0.99):.0%}", style="dim")


def _marked(citation: Citation) -> Text:
    """The quote on one line, the short answer in bold unless it is the whole of it."""
    from rich.text import Text

    begin = citation.answer_start - citation.start
    end = citation.answer_end - citation.start
    style = "bold" if citation.answer != citation.quote else ""
    quote = citation.quote
    parts = ((quote[:begin], ""), (quote[begin:end], style), (quote[end:], ""))
    return Text.assemble(*((re.sub(r"\s+", " ", text), look) for text, look in parts))


def _place(citation: Citation) -> str:
    said = ", ".join(filter(None, (citation.author, citation.date, citation.source)))
    page = "" if citation.page is None else f", page {citation.page}"
    return (
        f"{citation.path}{f' ({said})' if said else ''}{page}, "
        f"characters {citation.start} to {citation.end}"
    )


def figure(value: object) -> str:
    """A figure of an evaluation as it is printed."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {figure(part)}" for name, part in value.items())
    if value is None:
        return "none"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def show_report(report: Report, passages: int, folder: Path, notes: Sequence[str] = ()) -> None:
    """Says at the end what was read, what was as before, and what was skipped and why."""
    for note in notes:
        print(f"pincite: {note}", file=sys.stderr)
    for skip in report.skipped:
        print(f"pincite: skipped: {skip.reason}", file=sys.stderr)
    if report.unread:
        print(f"pincite: {_unread(report.unread)}", file=sys.stderr)
    print(
        f"{len(report.added)} added, {len(report.changed)} changed, "
        f"{len(report.unchanged)} unchanged, {len(report.removed)} removed, "
        f"{len(report.skipped)} skipped; {report.embedded} passages embedded "
        f"in {report.seconds:.1f} s; {passages} in {folder}"
    )


def _unread(kinds: dict[str, int]) -> str:
    number = sum(kinds.values())
    named = ", ".join(kind or "no ending" for kind in list(kinds)[:_KINDS_NAMED])
    more = " …" if len(kinds) > _KINDS_NAMED else ""
    return f"{number} file{'' if number == 1 else 's'} of kinds that are not read: {named}{more}"


def show_check(found: Check, passages: int, folder: Path) -> None:
    """Says what was wrong and is mended or not."""
    for fault in found.mended:
        print(f"pincite: mended: {fault}", file=sys.stderr)
    for fault in found.broken:
        print(f"pincite: broken: {fault}", file=sys.stderr)
    report = found.report
    print(
        f"{len(found.mended)} faults mended, {len(found.broken)} left; "
        f"{len(report.added) + len(report.changed)} files indexed again, "
        f"{len(report.unchanged)} unchanged, {len(report.removed)} removed, "
        f"{len(report.skipped)} skipped; {passages} passages in {folder}"
    )


@contextmanager
def indexing_bar() -> Iterator[Callable[[Progress], None]]:
    """Draws indexing on stderr while it embeds; without a terminal, a line every ten seconds."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    left = TextColumn("{task.fields[left]}")
    columns = (TextColumn("indexing"), BarColumn(), DownloadColumn(), left)
    bar = Bar(*columns, console=console, transient=True)
    task = bar.add_task("", total=None, left="")
    said = time.monotonic()

    def tell(progress: Progress) -> None:
        nonlocal said
        done, total, seconds = progress.done_bytes, progress.total_bytes, progress.remaining_seconds
        remaining = "" if seconds is None else f"about {seconds:.0f} s left"
        if console.is_terminal:
            if done < total and not bar.live.is_started:
                bar.start()
            bar.update(task, total=total, completed=done, left=remaining)
        elif remaining and done < total and time.monotonic() - said > 10:
            said = time.monotonic()
            print(
                f"pincite: indexed {done / 1e6:.1f} of {total / 1e6:.1f} MB, {remaining}",
                file=sys.stderr,
            )

    try:
        yield tell
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def counter(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Draws on stderr, in a terminal, how many of `total` are done."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
