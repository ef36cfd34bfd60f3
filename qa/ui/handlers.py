"""What the page calls when something happens: a question, a click on a citation.

Each handler can be reached by a plain POST, whatever its visibility, and takes its input as
coming from anyone. Gradio is imported inside the functions, after `settings.quieten`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from embeddings.errors import PinciteError
from qa.chat import Chat, Turn
from qa.examples import example_questions
from qa.feedback import Feedback
from qa.question import checked
from qa.ui import render
from qa.ui.conversation import Conversation
from qa.ui.documents import Documents, given_request
from qa.ui.export import conversation_markdown
from qa.ui.kept import kept_json, reopened
from qa.ui.pdf_page import NO_PAGE, PageView, page_view
from qa.ui.reference import parse_reference, refer
from qa.ui.source import NOTHING_TO_SHOW, SourceView, document_html, source_view

if TYPE_CHECKING:
    from gradio import LikeData

log = logging.getLogger(__name__)

Updates: TypeAlias = tuple[Any, ...]
"""New values for chat, notice, box, source and conversation."""


class Handlers:
    """What the page's events and the source panel's script call."""

    def __init__(self, documents: Documents, feedback: Feedback | None = None) -> None:
        self._documents = documents
        self._feedback = feedback
        self._examples: tuple[object, list[str]] | None = None
        self._examples_lock = Lock()
        given_request(Handlers.on_question)
        given_request(Handlers.on_retry)
        given_request(Handlers.on_reopen)
        self._numbers = count()
        self._document_html = lru_cache(maxsize=8)(document_html)

    def on_question(
        self,
        message: str | None,
        alone: object,
        conversation: Conversation,
        chosen: object,
        request: Any = None,
    ) -> Iterator[Updates]:
        """First while searching, then with the answer.

        `alone`: the message is asked as it stands, leaning on nothing before it. `chosen` are the
        documents ticked.
        """
        import gradio as gr

        same = gr.skip()
        try:
            message = checked(message or "")
            bot, within = self._documents.asked(chosen, request)
        except (ValueError, PinciteError) as error:
            yield same, render.notice_html(str(error)), same, same, same
            return
        # Only now is the box emptied: to do it later would erase what the person types meanwhile.
        yield _drawn(conversation, render.pending_messages(message)), "", "", same, same
        chat = Chat(bot, list(conversation.turns), within=within)
        say = partial(chat.say, message, as_asked=bool(alone))
        yield from self._answer(say, conversation.begun(), unanswered=(conversation, message))

    def on_retry(
        self, conversation: Conversation, chosen: object, request: Any = None
    ) -> Iterator[Updates]:
        """The last question asked again, of the documents as they are now."""
        import gradio as gr

        same = gr.skip()
        if not conversation.turns:
            yield same, same, same, same, same
            return
        try:
            bot, within = self._documents.asked(chosen, request)
        except (ValueError, PinciteError) as error:
            yield same, render.notice_html(str(error)), same, same, same
            return
        last, before = conversation.turns[-1], conversation.before_last()
        yield _drawn(before, render.pending_messages(last.message)), "", same, same, same
        chat = Chat(bot, list(before.turns), within=within)
        say = partial(chat.say, last.message, as_asked=last.as_asked)
        yield from self._answer(say, before, unanswered=(conversation, same))

    def on_undo(self, conversation: Conversation) -> Updates:
        """The last question taken back, into the box."""
        import gradio as gr

        if not conversation.turns:
            return (gr.skip(),) * 5
        before = conversation.before_last()
        return _drawn(before), "", conversation.turns[-1].message, {}, before

    def on_clear(self) -> Updates:
        """An empty conversation."""
        import gradio as gr

        empty = Conversation()
        return _drawn(empty), "", gr.skip(), {}, empty

    def on_reopen(self, kept: object, request: Any = None) -> Updates:
        """The conversation that the browser has kept, drawn from the documents as they are now."""
        import gradio as gr

        same = gr.skip()
        try:
            conversation = reopened(kept, self._documents.bot(request).document)
        except (ValueError, PinciteError) as error:
            return same, render.notice_html(str(error)), same, same, same
        return _drawn(conversation), "", same, {}, conversation

    def keep(self, conversation: Conversation) -> str:
        """What the browser may keep of the conversation."""
        return kept_json(conversation)

    def on_thumb(self) -> Callable[[Conversation, LikeData], Updates]:
        """What is called with a turn judged; a plain function, whose types Gradio reads."""
        import gradio as gr

        def judge(conversation: Conversation, event: LikeData) -> Updates:
            same = gr.skip()
            number = event.index // 2 if isinstance(event.index, int) else -1
            if self._feedback is None or not 0 <= number < len(conversation.turns):
                return same, same, same, same, same
            thumb = event.liked if isinstance(event.liked, bool) else None  # "" takes it back
            turns = conversation.turns
            answer = turns[number].answer
            if answer is None or answer.summary:
                return same, same, same, same, same
            try:
                self._feedback.judge(turns[number], turns[:number], thumb)
            except PinciteError as error:
                return same, render.notice_html(str(error)), same, same, same
            after = conversation.judged(number, thumb)
            return gr.update(feedback_value=_thumbs(after)), "", same, same, after

        # Gradio takes the annotation as it stands, and a string would not tell it of the event.
        judge.__annotations__["event"] = gr.LikeData
        return judge

    def export(self, conversation: Conversation) -> str:
        """The conversation as Markdown; empty where nothing was asked."""
        return conversation_markdown(conversation.turns) if conversation.turns else ""

    def welcome(self) -> dict[str, Any]:
        """The empty chat's welcome with example questions, made once for each state of the index.

        It takes up to a second, so the page is drawn without them and they come after.
        """
        import gradio as gr

        try:
            questions = self._example_questions()
        except PinciteError:  # the first question will tell; the page is there without examples
            log.exception("no example questions could be made")
            questions = []
        return gr.update(placeholder=render.welcome_html(questions))

    def _example_questions(self) -> list[str]:
        bot = self._documents.everyones
        files = tuple(bot.store.files().items())
        with self._examples_lock:
            if self._examples is None or self._examples[0] != files:
                self._examples = files, example_questions(bot)
            return self._examples[1]

    def _answer(
        self,
        say: Callable[[], Turn],
        before: Conversation,
        *,
        unanswered: tuple[Conversation, object],
    ) -> Iterator[Updates]:
        """What is said, drawn after the conversation `before`.

        Where it fails, a notice with the conversation and the box as in `unanswered`.
        """
        import gradio as gr

        same = gr.skip()
        try:
            turn = say()
        except (ValueError, PinciteError) as error:
            notice = str(error)
        except Exception:
            log.exception("a question could not be answered")
            notice = "This question could not be answered: Pincite has a fault; its log says more."
        else:
            after = before.after(turn)
            opened: object = same
            if turn.answer is not None and turn.answer.citations:
                # The number makes the value new even where the same sentence answers again.
                first = refer(turn.answer.citations[0])
                opened = {"ref": str(first), "number": next(self._numbers)}
            yield _drawn(after), same, same, opened, after
            return
        conversation, box = unanswered
        yield _drawn(conversation), render.notice_html(notice), box, same, same

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

        def open_page(asked: object, request: Any = None) -> PageView:
            ref, page = asked if isinstance(asked, list) and len(asked) == 2 else (None, None)
            reference = parse_reference(ref)
            if reference is None or not isinstance(page, int | None):
                return NO_PAGE
            try:
                return page_view(self._documents.bot(request), reference, page)
            except (KeyError, ValueError):
                return NO_PAGE

        return [given_request(f) for f in (read_document, open_source, open_page)]


def _drawn(conversation: Conversation, pending: Sequence[render.Message] = ()) -> dict[str, Any]:
    """The update that draws the conversation, and after it a turn that is not answered yet."""
    import gradio as gr

    messages = [bubble for turn in conversation.turns for bubble in render.turn_messages(turn)]
    return gr.update(value=[*messages, *pending], feedback_value=_thumbs(conversation))


def _thumbs(conversation: Conversation) -> list[str | None]:
    """The thumbs by Gradio's names, which it draws as such."""
    names = {True: "Like", False: "Dislike", None: None}
    return [names[thumb] for thumb in conversation.thumbs]
