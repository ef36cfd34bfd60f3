from pathlib import Path

import pytest

from qa.bot import Bot
from qa.evaluate import evaluate, is_right
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


def test_every_gold_question_counts_and_the_figures_agree_with_the_rows(bot: Bot) -> None:
    golds = read_gold(GOLD)
    report = evaluate(bot, golds)
    summary, rows = report.summary, report.rows
    assert list(summary) == SUMMARY_KEYS
    assert summary["questions"] == len(rows) == len(golds) >= 40
    answerable = [row for row in rows if row.answerable]
    answered = [row for row in rows if row.text is not None]
    assert summary["answerable"] == len(answerable)
    assert summary["sentence_accuracy_forced"] == pytest.approx(
        sum(row.forced_right for row in answerable) / len(answerable)
    )
    assert summary["precision_when_answered"] == pytest.approx(
        sum(row.right for row in answered) / len(answered)
    )
    for row in rows:
        assert (row.text is None) == (row.confidence < bot.calibration.threshold)
        assert not (row.right and row.text is None)


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
