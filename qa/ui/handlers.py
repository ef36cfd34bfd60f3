"""What the page calls when something happens: a question, a click on a citation, the endpoint.

Each handler can be reached by a plain POST, whatever its visibility, and takes its input as
coming from anyone. Gradio is imported inside the functions, after `settings.quieten`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count
from typing import Any

from embeddings.errors import PinciteError
from qa.answer_json import AnswerJson, answer_json
from qa.bot import Bot, checked
from qa.chat import Chat, Turn
from qa.ui import render
from qa.ui.reference import parse_reference, refer
from qa.ui.source import NOTHING_TO_SHOW, SourceView, document_html, source_view

log = logging.getLogger(__name__)

TURNS_KEPT = 40
"""Longer conversations slow the browser; older turns are let go."""


class Handlers:
    """What the page's events, the source panel's script and the public endpoint call."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._numbers = count()
        self._document_html = lru_cache(maxsize=8)(self._render_document)

    def on_question(
        self, message: str | None, turns: tuple[Turn, ...]
    ) -> Iterator[tuple[Any, ...]]:
        """New values for chat, notice, box, source and turns: first while searching, then after."""
        import gradio as gr

        same = gr.skip()
        try:
            message = checked(message or "")
        except ValueError as error:
            yield same, render.notice_html(str(error)), same, same, same
            return
        drawn = _drawn(turns)
        yield [*drawn, *render.pending_messages(message)], "", "", same, same
        chat = Chat(self._bot, list(turns))
        try:
            turn = chat.say(message)
        except (ValueError, PinciteError) as error:
            yield drawn, render.notice_html(str(error)), message, same, same
            return
        except Exception:
            log.exception("a question could not be answered")
            fault = "This question could not be answered: Pincite has a fault; its log says more."
            yield drawn, render.notice_html(fault), message, same, same
            return
        kept = tuple(chat.turns[-TURNS_KEPT:])
        opened: object = same
        if turn.answer and turn.answer.citations:
            # The number makes the value new even where the same sentence answers again.
            opened = {"ref": str(refer(turn.answer.citations[0])), "number": next(self._numbers)}
        # The box is left alone: to empty it here would erase what the person types meanwhile.
        yield _drawn(kept), same, same, opened, kept

    def on_clear(self) -> tuple[Any, ...]:
        """An empty conversation."""
        import gradio as gr

        return [], "", gr.skip(), {}, ()

    def server_functions(self) -> tuple[Callable[[object], str], Callable[[object], object]]:
        """What the source panel's script calls; plain functions, for Gradio marks them."""

        def read_document(document: object) -> str:
            return self._document_html(document) if isinstance(document, str) else ""

        def open_source(ref: object) -> SourceView:
            reference = parse_reference(ref)
            if reference is None:
                return NOTHING_TO_SHOW
            try:
                return source_view(self._bot.document(reference.document), reference)
            except (KeyError, ValueError):
                return NOTHING_TO_SHOW

        return read_document, open_source

    def endpoint(self) -> Callable[[str, float | None], AnswerJson]:
        """The public endpoint `ask`; a plain function, whose types and docstring Gradio reads."""

        def ask(question: str, min_confidence: float | None = None) -> AnswerJson:
            """Answer a question with sentences quoted from the documents.

            `min_confidence` is from 0 (never abstain) to 1; without it, the calibrated threshold.
            """
            import gradio as gr

            if not isinstance(question, str) or not isinstance(min_confidence, int | float | None):
                raise gr.Error(
                    "`question` must be a text and `min_confidence` a number or null.",
                    print_exception=False,
                )
            try:
                return answer_json(self._bot.ask(question, min_confidence=min_confidence))
            except (ValueError, PinciteError) as error:
                raise gr.Error(str(error), print_exception=False) from error

        # Gradio takes the annotation as it stands, and a string would be published as "any".
        ask.__annotations__["return"] = AnswerJson
        return ask

    def _render_document(self, document: str) -> str:
        try:
            return document_html(self._bot.document(document))
        except KeyError:
            return ""


def _drawn(turns: tuple[Turn, ...]) -> list[render.Message]:
    return [message for turn in turns for message in render.turn_messages(turn)]
