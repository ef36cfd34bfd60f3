"""The public endpoints `ask`, `search` and `documents`, which are the MCP tools too.

They answer from the folder's documents, not from what a browser session has added.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypedDict, TypeVar, cast

import typing_extensions

from embeddings.errors import PinciteError
from qa.answer_json import AnswerJson, answer_json, remark_json
from qa.bot import Bot
from qa.remarks import remark
from qa.retrieve import Hit

MAX_PASSAGES = 50
MAX_DOCUMENTS = 1000
MAX_WITHIN = 1000
MAX_HISTORY = 100
AT_ONCE = 8
"""How many questions are worked on at the same time; beyond this a CPU gains nothing."""
F = TypeVar("F", bound=Callable[..., Any])


class ExchangeJson(typing_extensions.TypedDict):  # pydantic cannot read typing's before 3.12
    """An earlier question, and its answer: null or "" where there was none."""

    question: str
    answer: str | None


class PassageJson(TypedDict):
    """A passage found; `document` is the path relative to the folder, `text` is text[start:end]."""

    document: str
    title: str
    sha256: str
    page: int | None
    start: int
    end: int
    text: str
    score: float


class SearchJson(TypedDict):
    """The passages that a question finds, best first."""

    question: str
    passages: list[PassageJson]


class DocumentJson(TypedDict):
    """A document; `document` is its path relative to the folder."""

    document: str
    title: str
    sha256: str
    passages: int


class DocumentsJson(TypedDict):
    """Documents by path; `total` is how many there are in all."""

    total: int
    documents: list[DocumentJson]


def endpoints(bot: Bot) -> list[Callable[..., Any]]:
    """The endpoints; plain functions, whose types and docstrings are published.

    They raise `ValueError` or `PinciteError` where the caller can mend something.
    """

    def ask(
        question: str,
        min_confidence: float | None = None,
        within: list[str] | None = None,
        after: str | None = None,
        before: str | None = None,
        history: list[ExchangeJson] | None = None,
    ) -> AnswerJson:
        """Answer a question with sentences quoted word for word from the documents.

        Each citation has the sentence, its document, page and character offsets. Where the
        documents do not answer, `text` is null and `nearest` holds the nearest sentences. `kind`
        is "answer", "none", "summary" for a question what all is about, or "remark" for small talk.

        Args:
            question: The question, in a sentence or a few words. Words in double quotation marks
                must stand so in what answers.
            min_confidence: From 0 (always answer) to 1; without it, the calibrated threshold.
            within: Paths of the documents or folders to answer from, * standing for anything;
                without it, all.
            after: Only from documents of this day, month or year or later, as in 2024-05-03.
            before: Only from documents of this day, month or year or earlier, likewise.
            history: The earlier exchanges that the question may lean on, oldest first.

        """
        _check(question, within, after, before)
        if not isinstance(min_confidence, int | float | None):
            raise ValueError("`min_confidence` must be a number or null.")
        if (line := remark(question)) is not None:
            return remark_json(question, line)
        answer = bot.ask(
            question,
            history=_pairs(history),
            min_confidence=min_confidence,
            within=within or (),
            after=after,
            before=before,
        )
        return answer_json(answer)

    def search(
        question: str,
        k: int = 10,
        within: list[str] | None = None,
        after: str | None = None,
        before: str | None = None,
    ) -> SearchJson:
        """Find the passages that belong to a question, best first, without reading an answer.

        Args:
            question: The question, or the words to look for.
            k: How many passages, from 1 to 50.
            within: Paths of the documents or folders to look in, * standing for anything;
                without it, all.
            after: Only in documents of this day, month or year or later, as in 2024-05-03.
            before: Only in documents of this day, month or year or earlier, likewise.

        """
        _check(question, within, after, before)
        _check_number("k", k, 1, MAX_PASSAGES)
        hits = bot.search(question, k, within=within or (), after=after, before=before)
        return {"question": question, "passages": list(_passages(bot, hits))}

    def documents(limit: int = 100, offset: int = 0) -> DocumentsJson:
        """List the documents that questions are answered from, by path.

        Args:
            limit: How many, from 1 to 1000.
            offset: How many to pass over first.

        """
        _check_number("limit", limit, 1, MAX_DOCUMENTS)
        _check_number("offset", offset, 0, 10**9)
        listings = bot.store.listings()
        shown: list[DocumentJson] = [
            {
                "document": each.path,
                "title": each.title,
                "sha256": each.document,
                "passages": each.passages,
            }
            for each in listings[offset : offset + limit]
        ]
        return {"total": len(listings), "documents": shown}

    # Gradio takes the annotation as it stands, and a string would be published as "any".
    ask.__annotations__["history"] = list[ExchangeJson] | None
    for function, returned in ((ask, AnswerJson), (search, SearchJson), (documents, DocumentsJson)):
        function.__annotations__["return"] = returned
    return [ask, search, documents]


def explained(endpoint: F) -> F:
    """The endpoint for Gradio: what the caller can mend becomes Gradio's error."""
    import gradio as gr

    @functools.wraps(endpoint)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return endpoint(*arguments, **named)
        except (ValueError, PinciteError) as error:
            raise gr.Error(str(error), print_exception=False) from error

    return cast(F, call)


def _passages(bot: Bot, hits: Sequence[Hit]) -> Iterator[PassageJson]:
    for hit in hits:
        try:
            document = bot.document(hit.passage.document)
        except KeyError:  # removed meanwhile
            continue
        yield {
            "document": document.path,
            "title": document.title,
            "sha256": document.id,
            "page": document.page(hit.passage.start),
            "start": hit.passage.start,
            "end": hit.passage.end,
            "text": hit.passage.text,
            "score": round(hit.score, 4),
        }


def _pairs(history: object) -> list[tuple[str, str]]:
    """The exchanges as `Bot.ask` takes them. Raises `ValueError` for anything else."""
    if history is None:
        return []
    form = "`history` must be a list of {question, answer}, the answer a text or null, or null."
    if not isinstance(history, list):
        raise ValueError(form)
    if len(history) > MAX_HISTORY:
        raise ValueError(f"`history` has {len(history):,} exchanges, at most {MAX_HISTORY} fit.")
    pairs = []
    for exchange in history:
        if not isinstance(exchange, dict):
            raise ValueError(form)
        question, answer = exchange.get("question"), exchange.get("answer")
        if not isinstance(question, str) or not isinstance(answer, str | None):
            raise ValueError(form)
        pairs.append((question, answer or ""))
    return pairs


def _check(
    question: object, within: Sequence[object] | None, after: object, before: object
) -> None:
    if not isinstance(question, str):
        raise ValueError("`question` must be a text.")
    for name, date in (("after", after), ("before", before)):
        if not isinstance(date, str | None):
            raise ValueError(f"`{name}` must be a date as in 2024-05-03, 2024-05 or 2024, or null.")
    if within is None:
        return
    if not isinstance(within, list) or not all(isinstance(each, str) for each in within):
        raise ValueError("`within` must be a list of paths or null.")
    if len(within) > MAX_WITHIN:
        raise ValueError(f"`within` has {len(within):,} paths, at most {MAX_WITHIN:,} are taken.")


def _check_number(name: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(
            f"`{name}` is {value!r}, expected a whole number from {least} to {most:,}."
        )
