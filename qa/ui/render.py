"""Answers → HTML: pure functions, and the page's first defence.

Every text that comes from a document or a person is escaped here; nothing escapes later. In the
chat, Gradio reads HTML as Markdown, which raw HTML withstands as long as it holds no blank line:
so no fragment for the chat holds a line break.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypedDict
from urllib.parse import quote_plus

from qa.bot import Answer
from qa.chat import Turn
from qa.cite import Citation
from qa.ui.reference import refer

HIGH_CONFIDENCE = 0.8
MEDIUM_CONFIDENCE = 0.6

_QUOTATION_MARKS = "“”„«»‘\"'"
_LONGEST_GLUED_WORD = 24


class Message(TypedDict):
    """One bubble, as Gradio's chat takes it."""

    role: str
    content: str


# The chat


def turn_messages(turn: Turn) -> list[Message]:
    """The two bubbles of a turn."""
    understood = turn.question if turn.question != turn.message else None
    if turn.answer is None:
        content = f'<div class="answer remark">{_line(turn.remark or "")}</div>'
    else:
        content = answer_html(turn.answer, understood=understood, remark=turn.remark)
    return [question_message(turn.message), {"role": "assistant", "content": content}]


def pending_messages(message: str) -> list[Message]:
    """The two bubbles of a turn whose answer is being looked for."""
    dots = '<span class="dots"><i></i><i></i><i></i></span>'
    waiting = f'<div class="answer pending">{dots}Searching the documents</div>'
    return [question_message(message), {"role": "assistant", "content": waiting}]


def question_message(message: str) -> Message:
    """The bubble of what a person asked, with its line breaks."""
    lines = "<br>".join(map(_escaped, message.splitlines()))
    return {"role": "user", "content": f'<div class="question">{lines}</div>'}


def answer_html(answer: Answer, *, understood: str | None = None, remark: str | None = None) -> str:
    """The bubble of an answer: quoted sentence, source, confidence, further sentences folded.

    `understood` is the question as it was searched for, where that is not what was asked, and
    `remark` something else to say first.
    """
    note = _understood(understood) if understood else ""
    if remark is not None:
        note += f'<div class="note">{_line(remark)}</div>'
    link = _link(understood or answer.question)
    if answer.abstained:
        meta = f'<div class="meta">{link}</div>'
        return f'<div class="answer none">{note}{_no_answer(answer.nearest)}{meta}</div>'
    if answer.summary:
        head = '<div class="label">The most central sentences</div>'
        meta = f'<div class="meta">{link}</div>'
        return (
            f'<div class="answer summary">{note}{head}{_cited_list(answer.citations)}{meta}</div>'
        )
    first, *others = answer.citations
    more = ""
    if others:
        count = _counted(len(others), "more passage")
        listed = _cited_list(others, after=first)
        more = f'<details class="more"><summary>{count}</summary>{listed}</details>'
    meta = f'<div class="meta">{_from(first)}{_confidence(answer.confidence)}{link}</div>'
    quote = f'<blockquote class="quote">{_quotation(first)}</blockquote>'
    return f'<div class="answer">{note}{quote}{meta}{more}</div>'


def question_link(question: str) -> str:
    """The address of the page, from the page itself, that asks this question when it is opened."""
    return f"?q={quote_plus(question)}"


def source_name(citation: Citation) -> str:
    """The document's title, and the page where there are pages."""
    return citation.title + ("" if citation.page is None else f", page {citation.page}")


def quotation_marks(quote: str) -> tuple[str, str]:
    """What to put before and after the sentence: nothing where it brings its own marks."""
    bare = quote[0] not in _QUOTATION_MARKS and quote[-1] not in _QUOTATION_MARKS
    return ("“", "”") if bare else ("", "")


def notice_html(message: str) -> str:
    """A notice of what went wrong and what to do; empty for an empty message."""
    return f'<div class="notice" role="alert">{_line(message)}</div>' if message else ""


def welcome_html(examples: Sequence[str]) -> str:
    """What stands in the chat before the first question, with questions to begin with."""
    links = "".join(
        f'<a class="example" href="{_escaped(question_link(e))}" role="button">{_line(e)}</a>'
        for e in examples
    )
    return (
        '<div class="welcome"><strong>Ask a question about your documents</strong>'
        "<span>Every answer is a sentence quoted from one of them. Select its number to read it "
        "in its place. If no document answers, you are told so.</span>"
        f'<div class="examples">{links}</div>'
        '<span class="keys"><kbd>/</kbd> ask · <kbd>←</kbd> <kbd>→</kbd> previous and next source '
        "· <kbd>c</kbd> copy the quote</span></div>"
    )


def _understood(question: str) -> str:
    """How a follow-up was understood; the link puts that into the box, to be mended and asked."""
    edit = f'<a class="edit" href="{_escaped(question_link(question))}" role="button">Edit</a>'
    return f'<div class="note">Understood as: {_line(question)} {edit}</div>'


def _link(question: str) -> str:
    address = _escaped(question_link(question))
    title = "Copy a link that asks this question again"
    return f'<a class="link" href="{address}" role="button" title="{title}">Copy link</a>'


def _no_answer(nearest: Sequence[Citation]) -> str:
    head = '<div class="verdict">No answer in these documents</div>'
    if not nearest:
        return f'{head}<div class="label">No sentence comes near. Try other words.</div>'
    # What the reader pointed at inside them is no answer: the sentences are shown plainly.
    plain = [replace(c, answer_start=c.start, answer_end=c.end, answer=c.quote) for c in nearest]
    return f'{head}<div class="label">The nearest sentences</div>{_cited_list(plain)}'


def _quotation(citation: Citation) -> str:
    """The sentence in quotation marks unless it brings its own, with its number at its end.

    The number is tied to the last word, so that it never stands alone on a line.
    """
    quote = citation.quote
    opening, closing = quotation_marks(quote)
    tied = max(quote.rfind(" ") + 1, _answer_in(citation)[1])
    if len(quote) - tied > _LONGEST_GLUED_WORD:
        tied = len(quote)
    last = f'<span class="tied">{_line(quote[tied:])}{closing}{_chip(citation)}</span>'
    return f"{opening}{_marked_quote(citation, tied)}{last}"


def _marked_quote(citation: Citation, end: int | None = None) -> str:
    """The sentence up to `end`, the short answer marked."""
    begin, stop = _answer_in(citation)
    quote = citation.quote[:end]
    if begin == stop:
        return _line(quote)
    return f"{_line(quote[:begin])}<mark>{_line(quote[begin:stop])}</mark>{_line(quote[stop:])}"


def _answer_in(citation: Citation) -> tuple[int, int]:
    """Where the short answer stands in the quote; empty where it is the whole of it."""
    if citation.answer == citation.quote:
        return 0, 0
    return citation.answer_start - citation.start, citation.answer_end - citation.start


def _cited_list(citations: Sequence[Citation], *, after: Citation | None = None) -> str:
    """The sentences one below the other, each with its source where that changes."""
    rows = []
    for before, citation in pairwise([after, *citations]):
        assert citation is not None
        name = source_name(citation)
        new = before is None or (before.document, source_name(before)) != (citation.document, name)
        source = _from(citation) if new else ""
        rows.append(
            f'<li><span class="near">{_marked_quote(citation)}{source}</span>{_chip(citation)}</li>'
        )
    return f'<ul class="cited">{"".join(rows)}</ul>'


def _from(citation: Citation) -> str:
    """The source by name; the style cuts a long one short, hence the title."""
    name = _line(source_name(citation))
    return f'<span class="from" title="{name}">{name}</span>'


def _chip(citation: Citation) -> str:
    """The number that opens the source: a link, for Gradio's chat keeps no other data."""
    title = _line(f"{source_name(citation)}: open at this sentence")
    return (
        f'<a class="cite" href="{refer(citation)}" role="button" title="{title}">'
        f"{citation.number}</a>"
    )


def _confidence(confidence: float) -> str:
    """The confidence in words and per cent; never 100, for nothing here is certain."""
    per_cent = min(99, round(100 * confidence))
    level, word = (
        ("high", "High")
        if confidence >= HIGH_CONFIDENCE
        else ("medium", "Medium")
        if confidence >= MEDIUM_CONFIDENCE
        else ("low", "Low")
    )
    title = f"Of 100 answers with this confidence, about {per_cent} are right."
    return (
        f'<span class="confidence {level}" title="{title}"><i></i><i></i><i></i>'
        f"{word} confidence, {per_cent}%</span>"
    )


# Text


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)


def _line(text: str) -> str:
    """The text escaped, on one line."""
    return _escaped(re.sub(r"\s+", " ", text))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
