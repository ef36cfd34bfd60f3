"""A conversation → Markdown, with a full reference for every sentence quoted.

Pure functions. Every text that comes from a document or a person stands on one line with all that
Markdown would read as its own escaped, so that it can forge no heading, link or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from qa.bot import Answer
from qa.chat import Turn
from qa.cite import Citation
from qa.place import web_link
from qa.ui.reference import place_name
from qa.ui.render import quotation_marks

_SPECIAL = re.compile(r"[\\`*_\[\]<>#&~|!$@{}]|:(?=//)|(?<=\bwww)\.")
_LINE_START = re.compile(r"^(?:[-+=]|\d+(?=[.)]))")


def conversation_markdown(turns: Sequence[Turn]) -> str:
    """The conversation as a Markdown document that ends with a line break."""
    parts = ["# Questions and answers"]
    for number, turn in enumerate(turns, start=1):
        parts += _turn(number, turn)
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """The text on one line, escaped so that Markdown shows it as it stands."""
    line = " ".join(text.split())
    escaped = _SPECIAL.sub(r"\\\g<0>", line)
    return _LINE_START.sub(_escaped_start, escaped)


def _turn(number: int, turn: Turn) -> Iterator[str]:
    yield f"## {number}. {plain(turn.message)}"
    if turn.question != turn.message:
        yield f"Understood as: {plain(turn.question)}"
    if turn.remark is not None:
        yield plain(turn.remark)
    if turn.answer is not None:
        yield from _answer(turn.answer)


def _answer(answer: Answer) -> Iterator[str]:
    if answer.abstained:
        nearest = " The nearest sentences:" if answer.nearest else ""
        yield f"No answer in these documents.{nearest}"
    elif answer.summary:
        yield "The most central sentences:"
    else:
        yield f"**{plain(answer.text or '')}** (confidence {min(answer.confidence, 0.99):.0%})"
    for citation in answer.citations or answer.nearest:
        opening, closing = quotation_marks(citation.quote)
        yield f"> {plain(f'{opening}{citation.quote}{closing}')}"
        at = web_link(citation.source, citation.path, citation.page, citation.quote)
        address = "" if at is None else f", <{at}>"  # holds no white space and no bracket
        yield f"\\[{citation.number}\\] {plain(_reference(citation))}{address}"


def _reference(citation: Citation) -> str:
    return (
        f"{citation.title}, {place_name(citation.path, citation.page)}, characters "
        f"{citation.start} to {citation.end}, SHA-256 {citation.document}"
    )


def _escaped_start(match: re.Match[str]) -> str:
    """The start of a line that would begin a list, with a backslash before what makes it so."""
    start = match[0]
    return f"\\{start}" if start in "-+=" else f"{start}\\"
