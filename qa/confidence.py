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
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from embeddings.errors import StoreError
from qa.read import Extract, rank_score

log = logging.getLogger(__name__)

FILE = "calibration.json"
DEFAULT = "pincite-reader"
FEATURES = ("score", "elsewhere", "rivals", "cosine")
TEMPERATURE = 2.0
"""Of the softmax that says how many other extracts might as well have come first: of 1 to 6, the
one that ordered right and wrong answers best over the development sets (`training/README.md`)."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted calibrator: one weight a feature, and the threshold below which a bot abstains.

    `reader` and `encoder` name what it was fitted for, `features` what the weights are of.
    """

    reader: str
    encoder: str
    weights: tuple[float, ...]
    bias: float
    threshold: float
    features: tuple[str, ...] = FEATURES

    def confidence(self, extracts: Sequence[Extract], retrieval_weight: float) -> float:
        """The probability, 0 to 1, that the best extract's sentence is right; 0 without one.

        `retrieval_weight` is the reader's.
        """
        if not extracts:
            return 0.0
        return logistic(self, features(extracts, retrieval_weight))


def logistic(calibration: Calibration, values: Sequence[float]) -> float:
    """The probability, 0 to 1, that these features (`FEATURES`) mean."""
    terms = (w * x for w, x in zip(calibration.weights, values, strict=True))
    return _sigmoid(calibration.bias + sum(terms))


def features(extracts: Sequence[Extract], retrieval_weight: float) -> tuple[float, ...]:
    """`FEATURES` of the extracts of one question, best first, at least one.

    The best score; the logarithm of how many other sentences the reader believes to answer, and one
    more; how far the best is from being alone, as -log of its share in a softmax over all of them;
    and the cosine of the question and its passage. None of them grows with the folder, as a BM25
    does, or is a share of the best in it, which in a small one says little, as the fused score is.
    """
    best = extracts[0]
    elsewhere = math.log1p(sum(_sigmoid(extract.score) for extract in extracts[1:]))
    first, *others = (rank_score(extract, retrieval_weight) for extract in extracts)
    rivals = math.log1p(sum(math.exp((other - first) / TEMPERATURE) for other in others))
    return best.score, elsewhere, rivals, best.hit.dense


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, x))))


def load_calibration(reader: str, encoder: str, index: Path) -> Calibration:
    """The calibration for these that `pincite calibrate` left in the index folder.

    Else the one that ships for readers of its kind (`training/calibration.py`); a reader of
    another kind gets that of the project's own. That and a shipped one over another encoder order
    answers but promise nothing, which is logged as a warning. Raises `StoreError` where the one in
    the index folder is damaged.
    """
    own = index / FILE
    if own.is_file():
        try:
            found = _calibration(json.loads(own.read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"{own} is damaged ({error}). Delete it, or run `pincite calibrate` again."
            ) from error
        fits = found.features == FEATURES and len(found.weights) == len(FEATURES)
        if (found.reader, found.encoder) == (reader, encoder) and fits:
            return found
        log.warning(
            "%s was fitted for the reader %s over %s, maybe by another version, and is not used. "
            "Run `pincite calibrate` again.",
            own,
            found.reader,
            found.encoder,
        )
    shipped = json.loads(files("qa").joinpath("data", FILE).read_text("utf-8"))
    kind = reader.partition("@")[0]
    calibration = _calibration(shipped.get(kind, shipped[DEFAULT]))
    known = calibration.encoder.partition("@")[0]
    if kind not in shipped or encoder.partition("@")[0] != known:
        log.warning(
            "confidence is not calibrated for the reader %s over %s: run `pincite calibrate` with "
            "questions of your own",
            reader,
            encoder,
        )
    return calibration


def save_calibration(calibration: Calibration, index: Path) -> None:
    """Keeps the calibration in the index folder, for `load_calibration`."""
    partial = index / f"{FILE}.partial"
    try:
        partial.write_text(json.dumps(asdict(calibration), indent=2) + "\n", "utf-8")
        partial.replace(index / FILE)
    except OSError as error:
        raise StoreError(f"{index / FILE} cannot be written: {error.strerror}.") from error


def _calibration(data: dict[str, Any]) -> Calibration:
    weights = tuple(float(w) for w in data["weights"])
    return Calibration(
        reader=data["reader"],
        encoder=data.get("encoder", ""),
        weights=weights,
        bias=float(data["bias"]),
        threshold=float(data["threshold"]),
        features=tuple(data.get("features", ())),
    )
