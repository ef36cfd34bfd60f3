import math

import pytest

from embeddings.passages import Passage
from embeddings.sentences import Span
from qa.calibrate import fit
from qa.confidence import FEATURES, Calibration, features, load_calibration
from qa.read import Extract
from qa.retrieve import Hit


def extract(score: float) -> Extract:
    hit = Hit(Passage(1, "d", 0, 4, "Cats", (Span(0, 4),)), 1.0, 0.5, 2.0)
    return Extract(hit, 0, 4, score)


def test_features_are_score_lead_cosine_and_share_of_words() -> None:
    assert features("Do cats sleep?", [extract(0.9), extract(0.6)]) == pytest.approx(
        (0.9, 0.3, 0.5, 0.5)
    )
    assert features("Why?", [extract(0.9)]) == pytest.approx((0.9, 0.0, 0.5, 0.0))


def test_confidence_is_the_logistic_of_the_weighted_features() -> None:
    calibration = Calibration("toy", (2.0, 1.0, 0.0, 0.0), -2.1, 0.5)
    assert calibration.confidence("Cats?", [extract(0.9), extract(0.6)]) == pytest.approx(0.5)
    assert calibration.confidence("Cats?", []) == 0.0
    assert (
        Calibration("toy", (1e6, 0.0, 0.0, 0.0), 0.0, 0.5).confidence("Cats?", [extract(1)]) < 1.0
    )


def test_fitting_finds_the_probabilities_and_the_threshold() -> None:
    # At score 1 three of four are right, at score 0 one of four.
    rows = [(float(s), 0.0, 0.0, 0.0) for s in [0] * 400 + [1] * 400]
    right = [i % 4 == 0 for i in range(400)] + [i % 4 != 0 for i in range(400)]
    fitted = fit("toy", rows, right, precision=0.74)
    assert fitted.confidence("Why?", [extract(1.0)]) == pytest.approx(
        1 / (1 + math.exp(-(fitted.weights[0] + fitted.bias)))
    )
    assert 1 / (1 + math.exp(-fitted.bias)) == pytest.approx(0.25, abs=0.01)
    assert 1 / (1 + math.exp(-fitted.bias - fitted.weights[0])) == pytest.approx(0.75, abs=0.01)
    assert fitted.threshold == pytest.approx(0.75, abs=0.01)


def test_fitting_on_right_answers_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="all are alike"):
        fit("toy", [(1.0, 0.0, 0.0, 0.0)] * 3, [True] * 3, precision=0.8)


def test_the_calibration_that_ships_is_for_these_features() -> None:
    for kind in ("pincite-reader", "sentences"):
        shipped = load_calibration(f"{kind}@1234")
        assert shipped.reader.startswith(f"{kind}@")
        assert len(shipped.weights) == len(FEATURES)
        assert 0.0 < shipped.threshold < 1.0
