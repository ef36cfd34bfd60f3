"""Gold questions → Calibration: fits the confidence to what turned out right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from qa.bot import Bot
from qa.cite import cite
from qa.confidence import Calibration, features
from qa.evaluate import is_right
from qa.gold import Gold
from qa.metrics import risk_coverage


def judge(
    bot: Bot, golds: Sequence[Gold], *, progress: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[tuple[float, ...], bool]]:
    """For each question that finds anything: its features, and whether the first citation is right.

    `progress` is told how many questions are done.
    """
    for done, gold in enumerate(golds, start=1):
        question = bot.understand(gold.question, gold.history)
        extracts = bot.read(question)
        for first in cite(extracts, bot.document, limit=1):
            yield features(question, extracts), is_right(gold, first.quote, first.path)
        progress(done)


def fit(
    reader: str,
    rows: Sequence[tuple[float, ...]],
    right: Sequence[bool],
    *,
    precision: float,
) -> Calibration:
    """The maximum-likelihood calibration of these features against what was right.

    Its threshold is the lowest confidence above which at least `precision` of the given questions
    are right, 1.0 where there is none. Raises `ValueError` where all are right or all are wrong.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    if len(set(right)) < 2:
        raise ValueError("calibrating needs right answers and wrong ones; here all are alike")
    x = np.array(rows)
    scale = x.std(axis=0) + 1e-9
    model = LogisticRegression(C=100.0, max_iter=1000).fit(x / scale, np.array(right))
    weights, bias = model.coef_[0] / scale, float(model.intercept_[0])
    confidences = 1 / (1 + np.exp(-(x @ weights + bias)))
    points = risk_coverage(confidences.tolist(), right)
    threshold = min((p.threshold for p in points if p.precision >= precision), default=1.0)
    return Calibration(reader, tuple(weights.tolist()), bias, threshold)
