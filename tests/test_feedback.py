"""Thumbs become gold candidates that `read_gold` reads: exact lines, and nothing lost."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from qa import feedback
from qa.bot import Answer
from qa.chat import Turn
from qa.feedback import Feedback, FeedbackError, gold_candidate
from qa.gold import Gold, GoldError, read_gold
from tests.test_ui_render import HEIGHT, LIT, answered

FIRST = Turn("How tall is the tower?", "How tall is the tower?", answered(HEIGHT))
LEANING = Turn("And when was it lit?", "The tower, when was it lit?", answered(LIT))
NONE = Turn("Who fell?", "Who fell?", Answer("Who fell?", None, 0.2, (), (LIT,), 0.1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gold.jsonl"


def named(turn: Turn, *before: Turn) -> str:
    return str(gold_candidate(turn, before, good=True)["id"])


def test_a_thumb_up_is_a_gold_question(path: Path) -> None:
    Feedback(path).judge(LEANING, [FIRST], True)
    assert read_gold(path) == [
        Gold(
            id=named(LEANING, FIRST),
            question="And when was it lit?",
            answers=("It was lit in 1871.",),
            sentence="It was lit in 1871.",
            document="notes/lamp.txt",
            history=(("How tall is the tower?", "38 metres"),),
        )
    ]


def test_a_question_that_leans_on_nothing_is_kept_without_history(path: Path) -> None:
    Feedback(path).judge(FIRST, [NONE], True)
    assert read_gold(path)[0].history == ()


def test_a_thumb_up_for_no_answer_makes_an_unanswerable_question(path: Path) -> None:
    Feedback(path).judge(NONE, [], True)
    assert read_gold(path) == [Gold(named(NONE), "Who fell?", (), None, None, ())]


def test_a_thumb_down_is_left_out_until_it_is_corrected(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Feedback(path)
    kept.judge(FIRST, [], False)
    with pytest.raises(GoldError, match="expected gold questions, found none"):
        read_gold(path)
    kept.judge(NONE, [], True)
    with caplog.at_level(logging.WARNING):
        assert [gold.question for gold in read_gold(path)] == ["Who fell?"]
    assert f"{path}: 1 left out, whose answer was rejected and not corrected" in caplog.text
    line = json.loads(path.read_text("utf-8").splitlines()[0])
    assert line["rejected"] == {
        "answers": ["38 metres"],
        "sentence": "The tower is 38 metres tall.",
        "document": "notes/lamp.txt",
    }
    line["answers"] = ["39 metres"]
    path.write_text(json.dumps(line) + "\n", "utf-8")
    assert read_gold(path)[0].answers == ("39 metres",)


def test_a_changed_mind_replaces_the_line_and_a_thumb_taken_back_removes_it(path: Path) -> None:
    kept = Feedback(path)
    kept.judge(FIRST, [], True)
    kept.judge(NONE, [], True)
    kept.judge(FIRST, [], False)
    kept.judge(FIRST, [], False)
    ids = [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()]
    assert ids == [named(NONE), named(FIRST)]
    kept.judge(FIRST, [], None)
    kept.judge(NONE, [], None)
    assert path.read_bytes() == b""


def test_what_people_wrote_in_the_file_stays(path: Path) -> None:
    path.write_text('{"question": "Mine?", "note": "é\u2028"}', "utf-8")
    kept = Feedback(path)
    kept.judge(FIRST, [], False)
    mine, line = path.read_text("utf-8").split("\n")[:2]
    assert mine == '{"question": "Mine?", "note": "é\u2028"}'
    corrected = line.replace('"answers": [],', '"answers": ["39 metres"],', 1)
    path.write_text(f"{mine}\n{corrected}\n", "utf-8")
    kept.judge(FIRST, [], True)
    kept.judge(FIRST, [], None)
    assert path.read_text("utf-8") == f"{mine}\n{corrected}\n"


def test_a_link_is_followed(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    Feedback(link).judge(FIRST, [], True)
    assert link.is_symlink()
    assert len(read_gold(path)) == 1


def test_a_full_file_takes_no_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Feedback(path)
    kept.judge(FIRST, [], True)
    before = path.read_bytes()
    monkeypatch.setattr(feedback, "MAX_BYTES", len(before))
    with pytest.raises(FeedbackError, match="move it away to keep more feedback"):
        kept.judge(NONE, [], True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["[]", "{", '{"data": []}', '{"question": "a"}\n\n7'])
def test_a_file_of_another_kind_is_refused_and_left_alone(path: Path, content: str) -> None:
    path.write_text(content, "utf-8")
    with pytest.raises(FeedbackError, match="expected gold questions, one JSON object a line"):
        Feedback(path)
    assert path.read_text("utf-8") == content


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedbackError, match="is a folder; give --feedback a file"):
        Feedback(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(FeedbackError, match="cannot be written"):
        Feedback(tmp_path / "file" / "gold.jsonl")
