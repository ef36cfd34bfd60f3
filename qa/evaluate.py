"""Gold questions → Report: what the bot gets right, stage by stage and question by question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from embeddings.documents import Document
from embeddings.passages import Passage
from qa import metrics
from qa.bot import Bot
from qa.cite import Citation
from qa.gold import Gold
from qa.within import Filter

DEPTH = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One question and what became of it.

    `forced` fields are those of the answer that the bot gives where it must not abstain, `rank` is
    that of the first passage with a right sentence, from 1, None beyond `DEPTH`.
    """

    id: str
    question: str
    answerable: bool
    text: str | None
    confidence: float
    exact_match: float
    f1: float
    right: bool
    forced_right: bool
    forced_text: str | None
    forced_quote: str | None
    forced_document: str | None
    rank: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """The figures over all questions, under the design's names, and the rows they come from."""

    summary: dict[str, object]
    rows: list[Row]

    def as_dict(self) -> dict[str, object]:
        """`{"summary": …, "rows": …}` as plain data."""
        return {"summary": self.summary, "rows": [asdict(row) for row in self.rows]}


def evaluate(
    bot: Bot,
    golds: Sequence[Gold],
    *,
    within: Sequence[str] = (),
    after: str | None = None,
    before: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Asks every question once, never abstaining, and sees afterwards where the bot would have.

    The filters are as in `Bot.ask`; `progress` is told how many questions are done.
    """
    among = Filter.of(within, after, before)
    rows = []
    for done, gold in enumerate(golds, start=1):
        rows.append(_ask(bot, gold, among))
        progress(done)
    return Report(summarised(rows), rows)


def is_right(gold: Gold, sentence: str, path: str) -> bool:
    """Whether a sentence of the file answers: it holds a gold answer or the gold sentence."""
    if gold.document is not None and path != gold.document:
        return False
    if gold.sentence is not None and metrics.contains_sentence(sentence, gold.sentence):
        return True
    return metrics.contains_answer(sentence, gold.answers)


def is_right_anywhere(gold: Gold, citation: Citation) -> bool:
    """Whether the citation's sentence answers in any of the places where it stands."""
    return any(is_right(gold, place.quote, place.path) for place in (citation, *citation.also))


def first_right(
    gold: Gold,
    found: Iterable[Sequence[Passage]],
    document: Callable[[str], Document],
    paths: Callable[[str], Sequence[str]],
) -> int | None:
    """The rank of the first in which a passage holds a right sentence, from 1; None without one.

    `found` are the passages that share each rank, as in `Hit.places`; `document` gives the document
    with an id, `paths` the files that hold it.
    """
    for rank, passages in enumerate(found, start=1):
        for passage in passages:
            text, files = document(passage.document).text, paths(passage.document)
            sentences = (text[s.start : s.end] for s in passage.sentences)
            if any(is_right(gold, sentence, file) for sentence in sentences for file in files):
                return rank
    return None


def _ask(bot: Bot, gold: Gold, among: Filter) -> Row:
    answer = bot.ask(
        gold.question,
        history=gold.history,
        min_confidence=0.0,
        within=among.within,
        after=among.after,
        before=among.before,
    )
    first = answer.citations[0] if answer.citations else None
    right = first is not None and is_right_anywhere(gold, first)
    text = answer.text if answer.confidence >= bot.calibration.threshold else None
    return Row(
        id=gold.id,
        question=gold.question,
        answerable=gold.answerable,
        text=text,
        confidence=answer.confidence,
        exact_match=metrics.exact_match(text, gold.targets),
        f1=metrics.f1(text, gold.targets),
        right=right and text is not None,
        forced_right=right,
        forced_text=answer.text,
        forced_quote=first.quote if first else None,
        forced_document=first.path if first else None,
        rank=_rank(bot, gold, among) if gold.answerable else None,
        seconds=answer.seconds,
    )


def _rank(bot: Bot, gold: Gold, among: Filter) -> int | None:
    hits = bot.search(
        gold.question,
        DEPTH,
        history=gold.history,
        within=among.within,
        after=among.after,
        before=among.before,
    )
    return first_right(gold, [hit.places for hit in hits], bot.document, bot.paths)


def summarised(rows: Sequence[Row]) -> dict[str, object]:
    """The figures over all rows, under the design's names; None where there is nothing to count."""
    answerable = [row for row in rows if row.answerable]
    answered = [row for row in rows if row.text is not None]
    ranks = [row.rank for row in answerable]
    milliseconds = [1000 * row.seconds for row in rows]
    return {
        "questions": len(rows),
        "answerable": len(answerable),
        "unanswerable": len(rows) - len(answerable),
        "exact_match": metrics.mean(row.exact_match for row in rows),
        "f1": metrics.mean(row.f1 for row in rows),
        "sentence_accuracy": metrics.mean(row.right for row in answerable),
        "sentence_accuracy_forced": metrics.mean(row.forced_right for row in answerable),
        "recall@1": metrics.recall_at(1, ranks),
        "recall@5": metrics.recall_at(5, ranks),
        "recall@20": metrics.recall_at(20, ranks),
        "mrr@10": metrics.mrr_at(10, ranks),
        "abstention_auroc": metrics.auroc(
            [row.confidence for row in answerable],
            [row.confidence for row in rows if not row.answerable],
        ),
        "answered": len(answered) / len(rows) if rows else None,
        "precision_when_answered": metrics.mean(row.right for row in answered),
        "ece": metrics.expected_calibration_error(
            [row.confidence for row in rows], [row.forced_right for row in rows]
        ),
        "latency_ms": {
            "p50": metrics.percentile(milliseconds, 50),
            "p95": metrics.percentile(milliseconds, 95),
        },
    }
