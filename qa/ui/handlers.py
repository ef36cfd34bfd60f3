"""What the page calls when something happens: a question, a click on a citation.

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
from qa.bot import checked
from qa.chat import Chat, Turn
from qa.ui import render
from qa.ui.documents import Documents, given_request
from qa.ui.reference import parse_reference, refer
from qa.ui.source import NOTHING_TO_SHOW, SourceView, document_html, source_view

log = logging.getLogger(__name__)

TURNS_KEPT = 40
"""Longer conversations slow the browser; older turns are let go."""


class Handlers:
    """What the page's events and the source panel's script call."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        given_request(Handlers.on_question)
        self._numbers = count()
        self._document_html = lru_cache(maxsize=8)(document_html)

    def on_question(
        self, message: str | None, turns: tuple[Turn, ...], chosen: object, request: Any = None
    ) -> Iterator[tuple[Any, ...]]:
        """New values for chat, notice, box, source and turns: first while searching, then after."""
        import gradio as gr

        same = gr.skip()
        try:
            message = checked(message or "")
            bot, within = self._documents.asked(chosen, request)
        except (ValueError, PinciteError) as error:
            yield same, render.notice_html(str(error)), same, same, same
            return
        drawn = _drawn(turns)
        yield [*drawn, *render.pending_messages(message)], "", "", same, same
        chat = Chat(bot, list(turns), within=within)
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
        if turn.answer.citations:
            # The number makes the value new even where the same sentence answers again.
            opened = {"ref": str(refer(turn.answer.citations[0])), "number": next(self._numbers)}
        # The box is left alone: to empty it here would erase what the person types meanwhile.
        yield _drawn(kept), same, same, opened, kept

    def on_clear(self) -> tuple[Any, ...]:
        """An empty conversation."""
        import gradio as gr

        return [], "", gr.skip(), {}, ()

    def server_functions(self) -> list[Callable[..., object]]:
        """What the source panel's script calls; plain functions, for Gradio marks them."""

        def read_document(document: object, request: Any = None) -> str:
            try:
                found = self._documents.bot(request).document(str(document))
            except KeyError:
                return ""
            return self._document_html(found)

        def open_source(ref: object, request: Any = None) -> SourceView:
            reference = parse_reference(ref)
            if reference is None:
                return NOTHING_TO_SHOW
            try:
                found = self._documents.bot(request).document(reference.document)
                return source_view(found, reference)
            except (KeyError, ValueError):
                return NOTHING_TO_SHOW

        return [given_request(read_document), given_request(open_source)]


def _drawn(turns: tuple[Turn, ...]) -> list[render.Message]:
    return [message for turn in turns for message in render.turn_messages(turn)]
