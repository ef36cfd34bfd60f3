"""What the page's events do when they are called by anyone, with anything."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from qa.bot import Bot
from qa.feedback import Feedback
from qa.ui.conversation import Conversation
from qa.ui.documents import Documents
from qa.ui.handlers import Handlers
from qa.ui.kept import LOST
from qa.ui.sessions import Sessions, new_token
from qa.ui.settings import quieten
from tests.test_feedback import FIRST


def handling(bot: Bot, feedback: Feedback | None = None) -> Handlers:
    quieten()
    return Handlers(Documents(bot, Sessions(bot), "cookie"), feedback)


def judge(handlers: Handlers, conversation: Conversation, **event: object) -> Conversation:
    """The conversation after a thumb, the same where nothing came of it."""
    import gradio as gr

    data = gr.LikeData(None, {"value": "<b>not looked at</b>", **event})
    after = handlers.on_thumb()(conversation, data)[-1]
    return after if isinstance(after, Conversation) else conversation


@pytest.mark.parametrize("index", ["1", None, [1, 0], -1, 2, 99, 1.0])
def test_a_thumb_for_no_answer_is_ignored(bot: Bot, tmp_path: Path, index: object) -> None:
    path = tmp_path / "gold.jsonl"
    conversation = Conversation().after(FIRST)
    handlers = handling(bot, Feedback(path))
    assert judge(handlers, conversation, index=index, liked=True) == conversation
    assert path.read_bytes() == b""


def test_a_thumb_is_kept_with_the_servers_own_words(bot: Bot, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    conversation = Conversation().after(FIRST)
    handlers = handling(bot, Feedback(path))
    assert judge(handlers, conversation, index=1, liked=True).thumbs == (True,)
    assert b"not looked at" not in path.read_bytes()
    assert judge(handlers, conversation, index=1, liked="").thumbs == (None,)
    assert path.read_bytes() == b""


def test_a_thumb_without_a_file_for_feedback_is_ignored(bot: Bot) -> None:
    conversation = Conversation().after(FIRST)
    assert judge(handling(bot), conversation, index=1, liked=True) == conversation


def test_retry_undo_and_export_of_an_empty_conversation_do_nothing(bot: Bot) -> None:
    import gradio as gr

    handlers, empty, nothing = handling(bot), Conversation(), (gr.skip(),) * 5
    assert list(handlers.on_retry(empty, None)) == [nothing]
    assert handlers.on_undo(empty) == nothing
    assert handlers.export(empty) == ""


@pytest.mark.parametrize("kept", [None, 7, "", "{", '{"name": "x", "turns": []}', {"turns": []}])
def test_anything_that_no_browser_has_kept_gets_a_notice(bot: Bot, kept: object) -> None:
    import gradio as gr

    chat, notice, *others = handling(bot).on_reopen(kept)
    assert "This conversation cannot be reopened" in notice
    assert 'role="alert"' in notice
    assert [chat, *others] == [gr.skip()] * 4


class Request:
    """As much of a request as is looked at: whose it is."""

    def __init__(self, token: str) -> None:
        self.headers = {"cookie": f"cookie={token}"}


def test_what_one_session_has_added_is_quoted_to_no_other(bot: Bot) -> None:
    quieten()
    sessions = Sessions(bot)
    mine, yours = new_token(), new_token()
    data = b"The password of the canteen is marmalade."
    with sessions.kept():
        uploads = sessions.opened(mine)
        with uploads.receiving("canteen.txt", len(data)) as file:
            file.write(data)
        uploads.index()
        while uploads.work()["working"]:
            time.sleep(0.05)
        question = "What is the password of the canteen?"
        turn = sessions.bot(mine).chat().say(question)
        assert turn.answer is not None
        assert turn.answer.citations[0].quote == data.decode()
        handlers = Handlers(Documents(bot, sessions, "cookie"))
        kept = handlers.keep(Conversation().begun().after(turn))
        again = handlers.on_reopen(kept, Request(mine))[-1].turns[0]
        assert again.answer.citations == turn.answer.citations
        assert handlers.on_reopen(kept, Request(yours))[-1].turns[0].remark == LOST


@pytest.mark.parametrize("message", [None, "", " \n", "x" * 2001])
def test_a_message_not_to_be_asked_gets_a_notice(bot: Bot, message: str | None) -> None:
    updates: list[Any] = list(handling(bot).on_question(message, "any", Conversation(), None))
    assert len(updates) == 1
    assert 'role="alert"' in updates[0][1]
