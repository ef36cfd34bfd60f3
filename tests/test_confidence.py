import math
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import StoreError
from embeddings.passages import Passage
from embeddings.sentences import Span
from qa.confidence import (
    FEATURES,
    Calibration,
    features,
    load_calibration,
    save_calibration,
)
from qa.read import Extract
from qa.retrieve import Hit


def extract(score: float) -> Extract:
    hit = Hit(Passage(1, "d", 0, 4, "Cats", (Span(0, 4),)), 1.0, 0.5, 2.0)
    return Extract(hit, 0, 4, score)


WEIGHT = 16.0
ENCODER = "all-MiniLM-L6-v2@5678"


def test_an_answer_alone_has_nothing_elsewhere_and_no_rivals() -> None:
    assert features([extract(0.9)], WEIGHT) == pytest.approx((0.9, 0.0, 0.0, 0.5))


def test_features_count_other_answers_and_what_might_have_come_first() -> None:
    _, elsewhere, rivals, _ = features([extract(9.0), extract(9.0), extract(-40.0)], WEIGHT)
    assert elsewhere == pytest.approx(math.log(2), abs=1e-3)
    assert rivals == pytest.approx(math.log(2))


def test_retrieval_counts_among_rivals_as_in_the_order() -> None:
    best, other = extract(1.0), extract(1.0)
    far = replace(other, hit=replace(other.hit, score=0.5))
    near = features([best, other], WEIGHT)[2]
    assert near == pytest.approx(math.log(2))
    assert features([best, far], WEIGHT)[2] == pytest.approx(math.log1p(math.exp(-WEIGHT / 4)))
    assert features([best, far], 0.0)[2] == pytest.approx(near)


def test_confidence_is_the_logistic_of_the_weighted_features() -> None:
    calibration = Calibration("toy", "words", (2.0, 0.0, 0.0, 1.0), -2.3, 0.5)
    assert calibration.confidence([extract(0.9), extract(0.6)], WEIGHT) == pytest.approx(0.5)
    assert calibration.confidence([], WEIGHT) == 0.0
    sure = Calibration("toy", "words", (1e6, 0.0, 0.0, 0.0), 0.0, 0.5)
    assert sure.confidence([extract(1)], WEIGHT) < 1.0


def test_the_calibration_that_ships_is_for_these_features(tmp_path: Path) -> None:
    for kind in ("pincite-reader", "sentences"):
        shipped = load_calibration(f"{kind}@1234", ENCODER, tmp_path)
        assert shipped.reader.startswith(f"{kind}@")
        assert shipped.features == FEATURES
        assert len(shipped.weights) == len(FEATURES)
        assert 0.0 < shipped.threshold < 1.0


@pytest.mark.parametrize(
    ("reader", "encoder", "said"),
    [
        ("pincite-reader@1", ENCODER, False),
        ("pincite-reader@1", "another@1", True),
        ("another@1", ENCODER, True),
    ],
)
def test_it_is_said_where_confidence_promises_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reader: str, encoder: str, said: bool
) -> None:
    load_calibration(reader, encoder, tmp_path)
    assert ("confidence is not calibrated" in caplog.text) is said


def test_a_calibration_in_the_index_is_used_for_its_own_reader_alone(tmp_path: Path) -> None:
    own = Calibration("toy@1", ENCODER, (1.0, 2.0, 3.0, 4.0), 0.5, 0.6)
    save_calibration(own, tmp_path)
    assert load_calibration("toy@1", ENCODER, tmp_path) == own
    assert load_calibration("sentences@2", ENCODER, tmp_path).reader.startswith("sentences@")
    assert load_calibration("toy@1", "another@1", tmp_path) != own


@pytest.mark.parametrize(
    ("weights", "features"),
    [((1.0, 2.0, 3.0, 4.0), (*FEATURES[:3], "another")), ((1.0, 2.0, 3.0), FEATURES)],
)
def test_a_calibration_of_other_features_is_not_used(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    weights: tuple[float, ...],
    features: tuple[str, ...],
) -> None:
    save_calibration(Calibration("sentences@1", ENCODER, weights, 0.5, 0.6, features), tmp_path)
    used = load_calibration("sentences@1", ENCODER, tmp_path)
    assert (used.features, used.weights != weights) == (FEATURES, True)
    assert "Run `pincite calibrate` again" in caplog.text


@pytest.mark.parametrize("text", ["", "[]", '{"reader": "toy@1", "weights": [1]}'])
def test_a_damaged_calibration_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(StoreError, match=r"calibration\.json is damaged"):
        load_calibration("toy@1", ENCODER, tmp_path)
