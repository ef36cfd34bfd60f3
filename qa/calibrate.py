"""Gold questions → Calibration: fits the confidence to what turned out right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from qa.bot import Bot
from qa.confidence import Calibration, features
from qa.evaluate import is_right_anywhere
from qa.gold import Gold
from qa.metrics import risk_coverage

FOLDS = 5


def judge(
    bot: Bot, golds: Sequence[Gold], *, progress: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[tuple[float, ...], bool]]:
    """For each question that finds anything: its features, and whether the first citation is right.

    `progress` is told how many questions are done.
    """
    for done, gold in enumerate(golds, start=1):
        extracts = bot.read(bot.understand(gold.question, gold.history))
        for first in bot.cite(extracts, limit=1):
            rightness = is_right_anywhere(gold, first)
            yield features(extracts, bot.reader.retrieval_weight), rightness
        progress(done)


def fit(
    reader: str,
    encoder: str,
    rows: Sequence[tuple[float, ...]],
    right: Sequence[bool],
    *,
    precision: float,
) -> Calibration:
    """The calibration of these features against what was right, by logistic regression.

    `reader` and `encoder` are the names of those that found them.
    Its threshold is the lowest confidence above which at least `precision` of the given questions
    are right, 1.0 where there is none, judged as `cross_fit` does. Raises `ValueError` where there
    are too few right or wrong answers to judge by.
    """
    import numpy as np

    model = _model().fit(np.array(rows), _enough(right))
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    bias = float(regression.intercept_[0] - weights @ scaler.mean_)
    points = risk_coverage(cross_fit(rows, right), right)
    threshold = min((p.threshold for p in points if p.precision >= precision), default=1.0)
    return Calibration(reader, encoder, tuple(weights.tolist()), bias, threshold)


def cross_fit(rows: Sequence[tuple[float, ...]], right: Sequence[bool]) -> list[float]:
    """Each question's confidence from a calibration fitted on the others (in `FOLDS` parts)."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    predicted = cross_val_predict(
        _model(), np.array(rows), _enough(right), cv=folds, method="predict_proba"
    )
    return [float(p) for p in predicted[:, 1]]


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))


def _enough(right: Sequence[bool]) -> list[bool]:
    count = sum(right)
    if min(count, len(right) - count) < FOLDS:
        raise ValueError(
            f"Calibrating needs at least {FOLDS} right answers and {FOLDS} wrong ones; of these "
            f"{len(right)} questions {count} are answered right. Add questions, some of which the "
            "documents do not answer."
        )
    return list(right)
