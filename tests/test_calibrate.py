import math
from pathlib import Path

import pytest

from qa.bot import Bot
from qa.calibrate import cross_fit, fit, judge
from qa.confidence import logistic
from qa.gold import Gold, read_gold

GOLD = Path(__file__).parent / "gold" / "seed.jsonl"

# At score 1 three of four are right, at score 0 one of four.
ROWS = [(float(s), 0.0, 0.0) for s in [0] * 400 + [1] * 400]
RIGHT = [i % 4 == 0 for i in range(400)] + [i % 4 != 0 for i in range(400)]


def test_fitting_finds_the_probabilities_and_the_threshold() -> None:
    fitted = fit("toy", "words", ROWS, RIGHT, precision=0.74)
    assert logistic(fitted, (0.0, 0.0, 0.0)) == pytest.approx(0.25, abs=0.01)
    assert logistic(fitted, (1.0, 0.0, 0.0)) == pytest.approx(0.75, abs=0.01)
    assert fitted.threshold == pytest.approx(0.75, abs=0.02)
    assert fit("toy", "words", ROWS, RIGHT, precision=0.99).threshold == 1.0


def test_confidences_come_from_the_other_questions() -> None:
    confidences = cross_fit(ROWS, RIGHT)
    assert len(confidences) == 800
    assert math.fsum(confidences) / 800 == pytest.approx(0.5, abs=0.01)
    assert min(confidences[400:]) > max(confidences[:400])


def test_fitting_on_right_answers_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 5 right answers and 5 wrong"):
        fit("toy", "words", ROWS[:8], [True] * 8, precision=0.8)


def test_every_question_is_judged_by_its_first_citation(bot: Bot) -> None:
    golds = read_gold(GOLD)[::5]
    done: list[int] = []
    judged = list(judge(bot, golds, progress=done.append))
    assert done == list(range(1, len(golds) + 1))
    for (row, _), gold in zip(judged, golds, strict=True):
        answer = bot.ask(gold.question, history=gold.history)
        assert logistic(bot.calibration, row) == pytest.approx(answer.confidence)
    assert not any(
        right for (_, right), gold in zip(judged, golds, strict=True) if not gold.answerable
    )


@pytest.mark.parametrize("before", ["This is {}. ", ""], ids=["copy", "twin"])
def test_a_sentence_is_right_in_any_file_that_holds_it(tmp_path: Path, before: str) -> None:
    for name in ("a.txt", "b.txt"):
        text = before.format(name) + "The harbour was opened by Queen Maud in 1911."
        (tmp_path / name).write_text(text, "utf-8")
    golds = [
        Gold(name, "Who opened the harbour?", ("Queen Maud",), None, f"{name}.txt", ())
        for name in "abc"
    ]
    with Bot.open(tmp_path) as copies:
        assert [right for _, right in judge(copies, golds)] == [True, True, False]
