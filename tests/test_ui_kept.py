"""What a browser keeps of a conversation, and that nothing it sends back is quoted unseen."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents import Document
from qa.bot import Answer
from qa.chat import Chat, Turn
from qa.ui.conversation import TURNS_KEPT, Conversation
from qa.ui.export import conversation_markdown
from qa.ui.kept import LOST, kept_json, reopened
from qa.ui.render import turn_messages
from tests.test_ui_render import HEIGHT, HOSTILE, HOSTILE_HTML, ID, LIT, TOWER, answered

NAME = "0123456789abcdef" * 2
AGAIN = dataclasses.replace(LIT, number=1)
TALL = "The lamp, how tall is it?"
ANSWERED = Turn("How tall is it?", TALL, dataclasses.replace(answered(HEIGHT, LIT), question=TALL))
NONE = Turn("Why?", "Why?", Answer("Why?", None, 0.2, (), (AGAIN,), 0.1), as_asked=True)
SUMMARY = Turn(
    "Summarise",
    "Summarise",
    Answer("Summarise", HEIGHT.answer, 0.0, (HEIGHT, LIT), (), 0.1, summary=True),
)
THANKS = Turn("thanks", "thanks", None, "You are welcome.")
WHOLE = Conversation((ANSWERED, NONE, SUMMARY, THANKS), (True, None, None, None), NAME)
PLACE = {"place": f"#c:{ID}:10-38:23-32", "digest": "51b0646ccd0af5f1"}


def finding(*documents: Document) -> Callable[[str], Document]:
    return {document.id: document for document in documents}.__getitem__


def without_time(turn: Turn) -> Turn:
    if turn.answer is None:
        return turn
    return dataclasses.replace(turn, answer=dataclasses.replace(turn.answer, seconds=0.0))


def kept(**changes: object) -> str:
    """A conversation of one answer as a browser keeps it, with these fields of the turn."""
    turn = {
        "message": "How tall?",
        "question": "How tall?",
        "as_asked": False,
        "kind": "answer",
        "confidence": 0.93,
        "sentences": [PLACE],
    }
    return json.dumps({"name": NAME, "turns": [{**turn, **changes}]})


def test_what_is_kept_is_questions_and_places_and_no_word_of_a_document() -> None:
    text = kept_json(Conversation((ANSWERED,), (None,), NAME))
    assert json.loads(text) == {
        "name": NAME,
        "turns": [
            {
                "message": "How tall is it?",
                "question": "The lamp, how tall is it?",
                "as_asked": False,
                "kind": "answer",
                "confidence": 0.93,
                "sentences": [
                    PLACE,
                    {"place": f"#c:{ID}:39-58:39-58", "digest": "150d6b6ab3419480"},
                ],
            }
        ],
    }
    kinds = [turn["kind"] for turn in json.loads(kept_json(WHOLE))["turns"]]
    assert kinds == ["answer", "none", "summary", "remark"]
    for words in ("metres", "1871", "lamp.txt", "welcome"):
        assert words not in kept_json(WHOLE)


def test_a_conversation_comes_back_as_it_was_but_for_its_thumbs() -> None:
    again = reopened(kept_json(WHOLE), finding(TOWER))
    assert again.turns == tuple(map(without_time, WHOLE.turns))
    assert (again.thumbs, again.name, again.lost) == ((None,) * 4, NAME, ())
    assert kept_json(again) == kept_json(WHOLE)
    history = [("How tall is it?", "38 metres"), ("Why?", ""), ("Summarise", "38 metres")]
    assert Chat(None, list(again.turns)).history() == history  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "documents",
    [
        (),
        (dataclasses.replace(TOWER, id="f" * 64),),
        (dataclasses.replace(TOWER, text=TOWER.text.replace("38", "39")),),
        (dataclasses.replace(TOWER, text=TOWER.text[:30]),),
    ],
    ids=["gone", "changed", "read otherwise", "shorter"],
)
def test_of_a_document_that_is_not_the_same_nothing_is_quoted(
    documents: tuple[Document, ...],
) -> None:
    text = kept_json(Conversation((ANSWERED,), (None,), NAME))
    again = reopened(text, finding(*documents))
    (turn,) = again.turns
    assert turn == Turn(ANSWERED.message, ANSWERED.question, None, LOST)
    assert turn_messages(turn)[1]["content"] == f'<div class="answer remark">{LOST}</div>'
    assert kept_json(again) == text  # when the document is back, so is the answer
    assert kept_json(again.after(THANKS).before_last()) == text


def test_of_several_sentences_those_that_are_there_are_quoted() -> None:
    later = dataclasses.replace(LIT, document="e" * 64)
    turn = dataclasses.replace(ANSWERED, answer=answered(HEIGHT, later))
    (again,) = reopened(kept_json(Conversation((turn,), (None,), NAME)), finding(TOWER)).turns
    assert again.answer is not None
    assert again.answer.citations == (HEIGHT,)
    note = (
        "Here stood a sentence that was quoted from a document that has changed since or is gone."
    )
    assert again.remark == note
    assert f'<div class="note">{note}</div>' in turn_messages(again)[1]["content"]
    assert f"\n\n{note}\n\n**38 metres**" in conversation_markdown([again])
    first = dataclasses.replace(HEIGHT, document="e" * 64)
    turn = dataclasses.replace(ANSWERED, answer=answered(first, LIT))
    (again,) = reopened(kept_json(Conversation((turn,), (None,), NAME)), finding(TOWER)).turns
    assert (again.answer, again.remark) == (None, LOST)  # it was the first that answered
    nearest = Answer("Why?", None, 0.2, (), (first, later), 0.1)
    turn = Turn("Why?", "Why?", nearest)
    (again,) = reopened(kept_json(Conversation((turn,), (None,), NAME)), finding(TOWER)).turns
    assert again.answer == Answer("Why?", None, 0.2, (), (), 0.0)
    assert again.remark == (
        "Here stood 2 sentences quoted from a document that has changed since or is gone."
    )


def test_a_place_without_its_words_is_not_quoted() -> None:
    for sentence in (
        {**PLACE, "digest": "0" * 16},
        {**PLACE, "place": f"#c:{ID}:39-58:39-58"},
        {**PLACE, "place": f"#c:{ID}:10-38:9-32"},
        {**PLACE, "place": f"#c:{ID}:10-10:10-10"},
        {**PLACE, "place": "The tower is 99 metres tall."},
    ):
        (turn,) = reopened(kept(sentences=[sentence]), finding(TOWER)).turns
        assert (turn.answer, turn.remark) == (None, LOST)
    (turn,) = reopened(kept(), finding(TOWER)).turns
    assert turn.answer is not None
    assert turn.answer.text == "38 metres"


@pytest.mark.parametrize(
    "changes",
    [
        *({"message": 7}, {"message": ""}, {"message": "x" * 2001}, {"message": "\ud800"}),
        *({"question": None}, {"question": "x" * 4001}, {"as_asked": 1}, {"kind": "guess"}),
        *({"kind": ["answer"]}, {"confidence": 1.1}, {"confidence": True}, {"confidence": "1"}),
        *({"confidence": float("nan")}, {"sentences": PLACE}, {"sentences": [PLACE] * 6}),
        *({"sentences": [None]}, {"sentences": [{**PLACE, "quote": "Bought."}]}, {"html": "<b>"}),
        *({"sentences": [{**PLACE, "digest": 7}]}, {"sentences": [{**PLACE, "place": "x" * 201}]}),
    ],
)
def test_a_field_that_is_not_as_written_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot be reopened: what the browser has kept of it"):
        reopened(kept(**changes), finding(TOWER))


@pytest.mark.parametrize(
    "text",
    [
        *(None, 7, "", "{", "[]", "null", "[" * 100_000, '{"turns": []}'),
        json.dumps({"name": "../../etc", "turns": []}),
        json.dumps({"name": NAME, "turns": {}}),
        json.dumps({"name": NAME, "turns": [{}]}),
        json.dumps({"name": NAME, "turns": [], "more": 1}),
        json.dumps({"name": NAME, "turns": json.loads(kept())["turns"] * (TURNS_KEPT + 1)}),
        " " * 1_000_001,
    ],
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="cannot be reopened"):
        reopened(text, finding(TOWER))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
)
FIELDS = ("message", "question", "as_asked", "kind", "confidence", "sentences")


@given(st.sampled_from(FIELDS), JSON)
def test_whatever_a_field_holds_only_the_documents_are_quoted(field: str, value: object) -> None:
    try:
        (turn,) = reopened(kept(**{field: value}), finding(TOWER)).turns
    except ValueError:
        return
    for citation in (turn.answer.citations + turn.answer.nearest) if turn.answer else ():
        assert TOWER.text[citation.start : citation.end] == citation.quote
        assert citation.quote in (HEIGHT.quote, LIT.quote)


def test_hostile_questions_stay_text() -> None:
    (turn,) = reopened(kept(message=HOSTILE, question=f"{HOSTILE}?"), finding(TOWER)).turns
    question, answer = turn_messages(turn)
    assert question["content"] == f'<div class="question">{HOSTILE_HTML}</div>'
    assert f"Understood as: {HOSTILE_HTML}? " in answer["content"]


def test_a_conversation_gets_a_name_once() -> None:
    begun = Conversation().begun()
    assert len(begun.name) == 32
    assert begun.begun() == begun != Conversation().begun()
    assert begun.after(THANKS).judged(0, True).before_last() == begun
