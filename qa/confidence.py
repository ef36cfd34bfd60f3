"""Extracts → confidence: the probability that the first citation's sentence is right.

A logistic function of a few plain features of what the reader found, fitted on questions with
known answers (Kamath et al. 2020, "Selective Question Answering under Domain Shift", fit such a
calibrator on the reader's scores).
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from embeddings.terms import coverage
from qa.read import Extract

log = logging.getLogger(__name__)

DEFAULT = "pincite-reader"
FEATURES = ("score", "margin", "dense", "coverage")


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted calibrator: one weight a feature, and the threshold below which a bot abstains.

    `reader` names what it was fitted for.
    """

    reader: str
    weights: tuple[float, ...]
    bias: float
    threshold: float

    def confidence(self, question: str, extracts: Sequence[Extract]) -> float:
        """The probability, 0 to 1, that the best extract's sentence is right; 0 without one."""
        if not extracts:
            return 0.0
        return logistic(self, features(question, extracts))


def logistic(calibration: Calibration, values: Sequence[float]) -> float:
    """The probability, 0 to 1, that these features (`FEATURES`) mean."""
    terms = (w * x for w, x in zip(calibration.weights, values, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, calibration.bias + sum(terms)))))


def features(question: str, extracts: Sequence[Extract]) -> tuple[float, ...]:
    """`FEATURES` of the extracts of one question, best first, at least one.

    The best score; its lead over the next; the cosine of its passage with the question; the share
    of the question's content words there. None of them depends on how large the folder is.
    """
    best = extracts[0]
    margin = best.score - extracts[1].score if len(extracts) > 1 else 0.0
    passage = best.hit.passage
    return best.score, margin, best.hit.dense, coverage(question, passage.text)


def load_calibration(reader: str) -> Calibration:
    """The calibration that ships with the project for readers of this kind.

    Fitted by `training/calibration.py`. A reader of another kind gets that of the project's own,
    which orders its answers but promises nothing.
    """
    text = files("qa").joinpath("data/calibration.json").read_text("utf-8")
    shipped = json.loads(text)
    kind = reader.partition("@")[0]
    if kind not in shipped:
        log.warning("confidence is not calibrated for the reader %s", reader)
    data = shipped.get(kind, shipped[DEFAULT])
    return Calibration(**data | {"weights": tuple(data["weights"])})
