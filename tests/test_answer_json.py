"""What programs get: of what kind an answer is."""

from __future__ import annotations

from qa.answer_json import answer_json, remark_json
from qa.bot import Answer, Bot
from tests.test_ui_render import HEIGHT, LIT, answered


def test_the_kind_says_what_an_answer_is(bot: Bot) -> None:
    summary = answer_json(bot.ask("What is this about?"))
    assert (summary["kind"], summary["confidence"], summary["abstained"]) == ("summary", 0.0, False)
    assert len(summary["citations"]) == 5
    assert answer_json(answered(HEIGHT))["kind"] == "answer"
    none = Answer("Why?", None, 0.2, (), (LIT,), 0.1)
    assert answer_json(none)["kind"] == "none"
    of_nothing = Answer("What is this about?", None, 0.0, (), (), 0.1, summary=True)
    assert answer_json(of_nothing)["kind"] == "none"
    assert {answer_json(each)["remark"] for each in (answered(HEIGHT), none)} == {None}


def test_a_remark_is_no_text_of_the_documents() -> None:
    assert remark_json("thanks", "You are welcome.") == {
        "question": "thanks",
        "text": None,
        "confidence": 0.0,
        "abstained": True,
        "seconds": 0.0,
        "citations": [],
        "nearest": [],
        "kind": "remark",
        "remark": "You are welcome.",
    }
