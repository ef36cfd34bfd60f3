from pathlib import Path

import pytest

from qa.bot import Bot
from qa.calibrate import judge
from qa.evaluate import Row, evaluate, is_right, summarised
from qa.gold import Gold, read_gold

GOLD = Path(__file__).parent / "gold" / "seed.jsonl"
SUMMARY_KEYS = [
    "questions",
    "answerable",
    "unanswerable",
    "exact_match",
    "f1",
    "sentence_accuracy",
    "sentence_accuracy_forced",
    "recall@1",
    "recall@5",
    "recall@20",
    "mrr@10",
    "abstention_auroc",
    "answered",
    "precision_when_answered",
    "ece",
    "latency_ms",
]


def gold(
    answers: tuple[str, ...], sentence: str | None = None, document: str | None = None
) -> Gold:
    return Gold("q", "Who?", answers, sentence, document, ())


def test_a_right_sentence_holds_an_answer_or_the_gold_sentence_in_its_document() -> None:
    assert is_right(gold(("the Aspen Institute",)), "Hosted by Aspen Institute.", "a.txt")
    assert not is_right(gold(("art",)), "A party.", "a.txt")
    assert is_right(gold((), "by the Aspen"), "Hosted by the Aspen Institute.", "a.txt")
    assert not is_right(gold(("Aspen",), None, "b.txt"), "Aspen.", "a.txt")
    assert not is_right(gold(()), "Anything.", "a.txt")


def row(
    confidence: float,
    *,
    answerable: bool = True,
    right: bool = True,
    text: str | None = "yes",
    match: float = 0.0,
    f1: float = 0.0,
    rank: int | None = None,
    seconds: float = 0.01,
) -> Row:
    return Row(
        id="q",
        question="Who?",
        answerable=answerable,
        text=text,
        confidence=confidence,
        exact_match=match,
        f1=f1,
        right=right and text is not None,
        forced_right=right,
        forced_text="yes",
        forced_quote="yes",
        forced_document="a.txt",
        rank=rank,
        seconds=seconds,
    )


def test_the_summary_counts_every_question() -> None:
    rows = [
        row(0.95, match=1.0, f1=1.0, rank=1),
        row(0.75, right=False, f1=0.5, rank=3),
        row(0.35, text=None, rank=6, seconds=0.03),
        row(0.65, answerable=False, right=False, seconds=0.09),
        row(0.05, answerable=False, right=False, text=None, match=1.0, f1=1.0),
    ]
    assert summarised(rows) == {
        "questions": 5,
        "answerable": 3,
        "unanswerable": 2,
        "exact_match": pytest.approx(2 / 5),
        "f1": pytest.approx(2.5 / 5),
        "sentence_accuracy": pytest.approx(1 / 3),
        "sentence_accuracy_forced": pytest.approx(2 / 3),
        "recall@1": pytest.approx(1 / 3),
        "recall@5": pytest.approx(2 / 3),
        "recall@20": pytest.approx(3 / 3),
        "mrr@10": pytest.approx((1 + 1 / 3 + 1 / 6) / 3),
        "abstention_auroc": pytest.approx(5 / 6),
        "answered": pytest.approx(3 / 5),
        "precision_when_answered": pytest.approx(1 / 3),
        "ece": pytest.approx((0.05 + 0.75 + 0.65 + 0.65 + 0.05) / 5),
        "latency_ms": {"p50": pytest.approx(10), "p95": pytest.approx(78)},
    }


def test_every_gold_question_has_a_row(bot: Bot) -> None:
    golds = read_gold(GOLD)
    report = evaluate(bot, golds)
    assert list(report.summary) == SUMMARY_KEYS
    assert report.summary == summarised(report.rows)
    assert [row.id for row in report.rows] == [gold.id for gold in golds]
    assert len(golds) >= 40
    for row in report.rows:
        assert (row.text is None) == (row.confidence < bot.calibration.threshold)
        assert row.right == (row.forced_right and row.text is not None)


@pytest.mark.parametrize("name", ["a.txt", "b.txt"])
def test_a_passage_is_right_under_every_name_of_its_file(tmp_path: Path, name: str) -> None:
    for file in ("a.txt", "b.txt"):
        (tmp_path / file).write_text("The harbour was opened by Queen Maud in 1911.", "utf-8")
    asked = Gold("q", "Who opened the harbour?", ("Queen Maud",), None, name, ())
    with Bot.open(tmp_path) as twins:
        (row,) = evaluate(twins, [asked]).rows
    assert (row.rank, row.right) == (1, True)


def test_what_is_right_in_a_copy_counts_as_in_calibrating(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The harbour was opened by Queen Maud in 1911.", "utf-8")
    text = "Ferries left at noon. The harbour was opened by Queen Maud in 1911. Gulls cried." * 2
    (tmp_path / "b.txt").write_text(text, "utf-8")
    asked = Gold("q", "Who opened the harbour?", ("Queen Maud",), None, "b.txt", ())
    with Bot.open(tmp_path) as copies:
        (row,) = evaluate(copies, [asked]).rows
        assert [right for _, right in judge(copies, [asked])] == [row.forced_right] == [True]


def test_the_rows_are_what_asking_gives(bot: Bot) -> None:
    golds = read_gold(GOLD)[::7]
    for row, question in zip(evaluate(bot, golds).rows, golds, strict=True):
        answer = bot.ask(question.question, history=question.history)
        assert answer.text == row.text
        assert answer.confidence == row.confidence


def test_at_most_a_fifth_of_the_gold_questions_on_the_seed_article_lack_their_passage(
    bot: Bot,
) -> None:
    summary = evaluate(bot, read_gold(GOLD)).summary
    recall = summary["recall@5"]
    assert isinstance(recall, float)
    assert recall > 0.8
