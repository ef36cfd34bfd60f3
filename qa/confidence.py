"""Extracts → confidence: the probability that the first citation's sentence is right.

A logistic function of a few plain features of what the reader found, fitted on questions with
known answers (Kamath et al. 2020, "Selective Question Answering under Domain Shift", fit such a
calibrator on the reader's scores).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files

from qa.metrics import risk_coverage
from qa.read import Extract

FEATURES = ("score", "margin", "dense", "lexical")


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted calibrator: one weight a feature, and the threshold below which a bot abstains.

    `reader` names what it was fitted for.
    """

    reader: str
    weights: tuple[float, ...]
    bias: float
    threshold: float

    def confidence(self, extracts: Sequence[Extract]) -> float:
        """The probability, 0 to 1, that the best extract's sentence is right; 0 without one."""
        if not extracts:
            return 0.0
        logit = self.bias + sum(
            w * x for w, x in zip(self.weights, features(extracts), strict=True)
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def features(extracts: Sequence[Extract]) -> tuple[float, ...]:
    """`FEATURES` of the extracts of one question, best first, at least one.

    The best score; its lead over the next; the cosine of its passage; log(1 + BM25) of it.
    """
    best = extracts[0]
    margin = best.score - extracts[1].score if len(extracts) > 1 else 0.0
    return best.score, margin, best.hit.dense, math.log1p(best.hit.lexical)


def load_calibration() -> Calibration:
    """The calibration that ships with the project, fitted by `training/calibration.py`."""
    data = json.loads(files("qa").joinpath("data/calibration.json").read_text("utf-8"))
    return Calibration(**data | {"weights": tuple(data["weights"])})


def dump_calibration(calibration: Calibration) -> str:
    """The calibration as the JSON text that `load_calibration` reads."""
    return json.dumps(asdict(calibration), indent=2) + "\n"


def fit_calibration(
    reader: str,
    rows: Sequence[tuple[float, ...]],
    right: Sequence[bool],
    *,
    precision: float,
) -> Calibration:
    """The maximum-likelihood calibration of these features against what was right.

    Its threshold is the lowest confidence above which at least `precision` of the given questions
    are right. Raises `ValueError` where all are right or all are wrong.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    if len(set(right)) < 2:
        raise ValueError("calibrating needs right answers and wrong ones; here all are alike")
    x = np.array(rows)
    model = LogisticRegression(C=100.0, max_iter=1000)
    scale = x.std(axis=0) + 1e-9
    model.fit(x / scale, np.array(right))
    weights = tuple(float(w) for w in model.coef_[0] / scale)
    bias = float(model.intercept_[0])
    confidences = 1 / (1 + np.exp(-(x @ np.array(weights) + bias)))
    points = risk_coverage(confidences.tolist(), right)
    threshold = min((p.threshold for p in points if p.precision >= precision), default=1.0)
    return Calibration(reader, weights, bias, threshold)
