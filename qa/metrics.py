"""Metrics: plain values → figures; the last link of the chain, and it imports nothing of it.

Every question counts. A figure that has nothing to count is `None` (JSON's null), never 0 and
never NaN; a question with no right passage, or no answer, counts as a miss.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_DELETE_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_JOINING_MARK = re.compile(r"[.,:]")  # stands inside abbreviations, numbers and times of day
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Letters of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Kana, Han."""


def mean(values: Iterable[float]) -> float | None:
    """The arithmetic mean; `None` of no values."""
    numbers = list(values)
    return fmean(numbers) if numbers else None


# Answers, as text


def normalise_answer(text: str) -> str:
    """The text in lower case without ASCII punctuation, English articles and extra whitespace.

    Source: SQuAD (Rajpurkar et al. 2016, arXiv:1606.05250). Punctuation is deleted, so
    "Paris-based" becomes "parisbased"; curly quotes and dashes are not ASCII and stay.
    """
    return _without_articles(text.lower().translate(_DELETE_PUNCTUATION))


def exact_match(prediction: str | None, answers: tuple[str, ...]) -> float:
    """Exact match: 1 where prediction and a gold answer are equal once normalised, else 0.

    A prediction of `None` is an abstention, and no answers make the question unanswerable: an
    abstention scores 1 there and 0 elsewhere, and any other prediction there scores 0.
    Source: SQuAD 2.0 (Rajpurkar et al. 2018, arXiv:1806.03822). Two cases differ from its script,
    which writes an abstention as "": here only `None` abstains, so an answer "the" is an answer;
    and a gold answer "A" makes its question answerable though it normalises to nothing.
    """
    if prediction is None or not answers:
        return float(prediction is None and not answers)
    predicted = normalise_answer(prediction)
    return float(any(normalise_answer(answer) == predicted for answer in answers))


def f1(prediction: str | None, answers: tuple[str, ...]) -> float:
    """F1: 2·precision·recall / (precision + recall) over normalised tokens, the best of the golds.

    From 0 to 1; tokens are counted as often as both sides hold them. Two texts that both
    normalise to nothing score 1. Abstentions, unanswerable questions and source: `exact_match`.
    """
    if prediction is None or not answers:
        return float(prediction is None and not answers)
    predicted = Counter(normalise_answer(prediction).split())
    return max(_overlap(predicted, Counter(normalise_answer(a).split())) for a in answers)


def contains_answer(text: str, answers: tuple[str, ...]) -> bool:
    """Whether the tokens of a gold answer stand in the text, whole and side by side.

    Both are normalised the same way, in either of two ways. The first is `normalise_answer`. In
    the second every mark and symbol parts words, apart from `.,:` which vanish: it finds "Paris"
    in "Paris-based" and "Paris’s", "1957" in "1957–1961" and "1957-1961" too, but not "3" in "3.5".
    Quotes and dashes of any shape are alike there, and so are "£5" and "€5", as "$5" and "5" are
    to SQuAD. An answer that normalises to nothing is found nowhere; no answers: false. One in a
    script that puts no spaces between words is found inside of others.
    """
    for normalise in (normalise_answer, _part_words):
        tokens = f" {normalise(text)} "
        for run in filter(None, map(normalise, answers)):
            if f" {run} " in tokens or (_UNSPACED.search(run) and run in tokens):
                return True
    return False


def contains_sentence(text: str, sentence: str) -> bool:
    """Whether the sentence stands in the text, character for character apart from whitespace.

    Each run of whitespace counts as one space. A blank sentence is found nowhere.
    """
    folded = " ".join(sentence.split())
    return bool(folded) and folded in " ".join(text.split())


# Rankings: for each question the 1-based rank of its first right passage, or None


def recall_at(k: int, ranks: Sequence[int | None]) -> float | None:
    """Recall@k: the share of questions with a right passage among the first k.

    From 0 to 1; `None` of no questions. A question whose rank is `None` counts as a miss.
    Source: top-k retrieval accuracy of DPR (Karpukhin et al. 2020, arXiv:2004.04906); called
    Success@k where all the right passages of a question are known.
    """
    return mean(rank <= k for rank in _ranks(k, ranks))


def mrr_at(k: int, ranks: Sequence[int | None]) -> float | None:
    """MRR@k, mean reciprocal rank: the mean over questions of 1/rank, or 0 beyond rank k.

    From 0 to 1; `None` of no questions. A question whose rank is `None` counts as 0.
    Source: TREC-8 question answering track (Voorhees 1999).
    """
    return mean(1 / rank if rank <= k else 0.0 for rank in _ranks(k, ranks))


# Confidence


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """AUROC: the share of pairs (positive, negative) that the positive's score wins, a tie half.

    From 0 to 1, 0.5 by chance; `None` where a side is empty, for then there is no pair.
    Source: Hanley and McNeil 1982 (the Mann-Whitney U statistic over the number of pairs).
    """
    above, below = _finite(positives), np.sort(_finite(negatives))
    if not above.size or not below.size:
        return None
    beaten = np.searchsorted(below, above, side="left").sum()
    beaten_or_tied = np.searchsorted(below, above, side="right").sum()
    return float(beaten + beaten_or_tied) / (2 * above.size * below.size)


def expected_calibration_error(
    confidences: Sequence[float], right: Sequence[bool], *, bins: int = 10
) -> float | None:
    """ECE: Σ over bins of (bin size / n) · |share right − mean confidence|.

    From 0 (perfect) to 1; `None` of no confidences. The bins are equally wide over 0 to 1, each
    with its lower edge, the last with 1.0 too.
    Source: Naeini et al. 2015; Guo et al. 2017 (arXiv:1706.04599).
    """
    confidence, hits = _judged(confidences, right)
    if bins < 1:
        raise ValueError(f"bins must be 1 or more, not {bins}")
    if not confidence.size:
        return None
    if confidence.min() < 0 or confidence.max() > 1:
        raise ValueError("confidences must lie between 0 and 1")
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=hits - confidence)
    return float(np.abs(gaps).sum() / confidence.size)


class OperatingPoint(NamedTuple):
    """What a threshold brings: the share of questions answered, and the share of those right."""

    threshold: float
    answered: float
    precision: float


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[OperatingPoint]:
    """The risk-coverage curve: one row for each distinct confidence, from the highest down.

    A row says what comes of answering where confidence ≥ threshold; coverage is `answered`, risk
    is 1 − `precision`, and the last row answers everything. `right` says whether the answer would
    be right, so it is false for an unanswerable question. No rows of no confidences.
    Source: El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017 (arXiv:1705.08500).
    """
    confidence, hits = _judged(confidences, right)
    thresholds, place, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    answered = counts[::-1].cumsum()
    correct = np.bincount(place, weights=hits)[::-1].cumsum()
    return [
        OperatingPoint(float(threshold), float(n / confidence.size), float(n_right / n))
        for threshold, n, n_right in zip(thresholds[::-1], answered, correct, strict=True)
    ]


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value that `percent` (0 to 100) of the values do not exceed; `None` of no values.

    Between two values it is interpolated linearly.
    Source: Hyndman and Fan 1996, definition 7 (numpy's default).
    """
    numbers = _finite(values)
    return float(np.percentile(numbers, percent)) if numbers.size else None


def _without_articles(text: str) -> str:
    return " ".join(_ARTICLE.sub(" ", text).split())


def _part_words(text: str) -> str:
    text = _JOINING_MARK.sub("", text.lower())
    return _without_articles("".join(c if _in_word(c) else " " for c in text))


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _overlap(predicted: Counter[str], gold: Counter[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    return 2 * (predicted & gold).total() / (predicted.total() + gold.total())


def _ranks(k: int, ranks: Sequence[int | None]) -> list[float]:
    """The ranks, with infinity for a miss."""
    if k < 1 or any(rank is not None and rank < 1 for rank in ranks):
        raise ValueError("k and ranks count from 1")
    return [float("inf") if rank is None else rank for rank in ranks]


def _finite(values: Sequence[float]) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("scores must be finite numbers")
    return numbers


def _judged(
    confidences: Sequence[float], right: Sequence[bool]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(confidences) != len(right):
        raise ValueError(f"{len(confidences)} confidences but {len(right)} judgements")
    return _finite(confidences), np.asarray(right, dtype=np.float64)
