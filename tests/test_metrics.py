from itertools import groupby, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.metrics import (
    OperatingPoint,
    auroc,
    contains_answer,
    contains_sentence,
    exact_match,
    expected_calibration_error,
    f1,
    mean,
    mrr_at,
    normalise_answer,
    percentile,
    recall_at,
    risk_coverage,
)

# An oracle for SQuAD, written from its definition with neither regex, Counter nor translate.

ASCII_PUNCTUATION = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


def squad_normalised(text: str) -> str:
    kept = "".join(c for c in text.lower() if c not in ASCII_PUNCTUATION)
    words = ["".join(run) for _, run in groupby(kept, key=str.isalnum)]
    return " ".join("".join(" " if w in ("a", "an", "the") else w for w in words).split())


def squad_f1(prediction: str, gold: str) -> float:
    predicted, left = squad_normalised(prediction).split(), squad_normalised(gold).split()
    if not predicted or not left:
        return 1.0 if predicted == left else 0.0
    common, predicted_tokens, gold_tokens = 0, len(predicted), len(left)
    for token in predicted:
        if token in left:
            left.remove(token)
            common += 1
    if not common:
        return 0.0
    precision, recall = common / predicted_tokens, common / gold_tokens
    return 2 * precision * recall / (precision + recall)


PIECES = [
    "the",
    "A",
    "an",
    "cat",
    "Cat's",
    "anthem",
    "U.S.",
    "é",
    "…",
    "’",
    "–",
    "_",
    "-",
    " ",
    "\t",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=12)
SCORES = st.lists(st.integers(0, 6).map(lambda n: n / 6), max_size=12)


@given(TEXTS)
def test_normalising_agrees_with_the_definition(text: str) -> None:
    assert normalise_answer(text) == squad_normalised(text)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3).map(tuple))
def test_exact_match_and_f1_agree_with_the_definition(
    prediction: str, answers: tuple[str, ...]
) -> None:
    equal = [squad_normalised(prediction) == squad_normalised(answer) for answer in answers]
    best = max(squad_f1(prediction, answer) for answer in answers)
    assert exact_match(prediction, answers) == (1.0 if any(equal) else 0.0)
    assert f1(prediction, answers) == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The  U.S.\nSenate!", "us senate"),
        ("an Anthem, a theatre", "anthem theatre"),
        ("Paris-based", "parisbased"),
        ("“the end” – 1957–61", "“ end” – 1957–61"),
        ("A.", ""),
    ],
)
def test_normalising_follows_squad(text: str, normalised: str) -> None:
    assert normalise_answer(text) == normalised


@pytest.mark.parametrize(
    ("prediction", "answers", "em", "overlap"),
    [
        ("the Aspen Institute", ("Aspen institute.",), 1.0, 1.0),
        ("Aspen Institute in Washington", ("Aspen Institute",), 0.0, 2 / 3),  # P 2/4, R 2/2
        ("to be or not to be", ("to be to be to be",), 0.0, 2 / 3),  # 4 shared of 6 and 6
        ("Paris", ("London", "in Paris"), 0.0, 2 / 3),  # the best gold counts
        ("Paris", ("London",), 0.0, 0.0),
        ("the", ("A",), 1.0, 1.0),  # both normalise to nothing
        ("the", ("Paris",), 0.0, 0.0),
        (None, ("Paris",), 0.0, 0.0),
        (None, ("A",), 0.0, 0.0),
        (None, (), 1.0, 1.0),
        ("Paris", (), 0.0, 0.0),
        ("the", (), 0.0, 0.0),
        ("", (), 0.0, 0.0),
    ],
)
def test_exact_match_and_f1_by_hand(
    prediction: str | None, answers: tuple[str, ...], em: float, overlap: float
) -> None:
    assert exact_match(prediction, answers) == em
    assert f1(prediction, answers) == pytest.approx(overlap)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("She joined the Aspen Institute.", "aspen institute"),
        ("In the U.S. Senate", "the US"),
        ("We dont know", "don't"),
        ("a Paris-based firm", "Paris"),
        ("Paris’s mayor", "Paris"),
        ("Paris’s mayor", "Paris's"),
        ("He said “Yes, we can”.", '"yes, we can"'),
        ("He said “Yes”.", "Yes"),
        ("from 1957–1961", "1957"),
        ("from 1957–1961", "1957-1961"),
        ("born in 1967[12] there", "1967"),
        ("it cost £50 million", "50 million"),
        ("it cost £50 million", "£50 million"),
        ("snake_case", "case"),
        ("it weighs 3.5 kg", "3.5"),
        ("at 10:30 a.m. sharp", "10:30 AM"),
        ("the whole text", "The whole text"),
        ("Łódź, in Poland", "łódź"),
        ("东京是日本的首都。", "东京"),
        ("กรุงเทพเป็นเมืองหลวง", "กรุงเทพ"),
        ("मेरी किताब यहाँ है।", "किताब"),
    ],
)
def test_an_answer_is_found_as_whole_words(text: str, answer: str) -> None:
    assert contains_answer(text, (answer,))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The party began.", "art"),
        ("The party began.", "part"),
        ("किताब", "कि"),
        ("东京是日本的首都。", "京都"),
        ("It weighs 3.5 kg", "3"),
        ("It weighs 3.5 kg", "5"),
        ("10,000 people", "10"),
        ("at 10:30", "10"),
        ("Aspen, home of the Institute", "Aspen Institute"),
        ("Institute Aspen", "Aspen Institute"),
        ("We dont know", "don"),
        ("the a an", "the"),
        ("anything – at all", "-"),
        ("anything", ""),
        ("", "anything"),
        ("", ""),
    ],
)
def test_an_answer_is_not_found_inside_words_or_in_other_words(text: str, answer: str) -> None:
    assert not contains_answer(text, (answer,))


def test_any_answer_will_do_and_none_is_found_where_none_is_given() -> None:
    assert contains_answer("She went to Paris.", ("London", "the", "Paris"))
    assert not contains_answer("She went to Paris.", ("London", "the"))
    assert not contains_answer("She went to Paris.", ())


@given(TEXTS, TEXTS, TEXTS)
def test_an_answer_with_content_is_found_between_spaces(
    before: str, answer: str, after: str
) -> None:
    if normalise_answer(answer):
        assert contains_answer(f"{before} {answer} {after}", (answer,))


@given(TEXTS, TEXTS)
def test_every_run_of_squad_tokens_is_found(text: str, answer: str) -> None:
    tokens, run = squad_normalised(text).split(), squad_normalised(answer).split()
    windows = [tokens[i : i + len(run)] for i in range(len(tokens) - len(run) + 1)]
    if run and run in windows:
        assert contains_answer(text, (answer,))


def test_a_sentence_is_found_whatever_its_whitespace() -> None:
    text = "Before.  She said\n“Yes”\u00a0twice. After."
    assert contains_sentence(text, " She said “Yes” twice. ")
    assert not contains_sentence(text, 'She said "Yes" twice.')
    assert not contains_sentence(text, "she said “Yes” twice.")
    assert not contains_sentence(text, "She said “Yes” twice. And after.")
    assert not contains_sentence(text, " \n")


def test_recall_and_mrr_by_hand() -> None:
    ranks = [1, 3, None, 2, 11]
    assert recall_at(1, ranks) == 1 / 5
    assert recall_at(2, ranks) == 2 / 5
    assert recall_at(3, ranks) == 3 / 5
    assert recall_at(20, ranks) == 4 / 5
    assert mrr_at(10, ranks) == pytest.approx((1 + 1 / 3 + 1 / 2) / 5)
    assert mrr_at(11, ranks) == pytest.approx((1 + 1 / 3 + 1 / 2 + 1 / 11) / 5)
    assert recall_at(5, [None]) == mrr_at(5, [None]) == 0.0


@pytest.mark.parametrize(("k", "ranks"), [(0, [1]), (5, [0]), (5, [None, -1])])
def test_ranks_count_from_one(k: int, ranks: list[int | None]) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        recall_at(k, ranks)
    with pytest.raises(ValueError, match="count from 1"):
        mrr_at(k, ranks)


def test_auroc_by_hand() -> None:
    assert auroc([0.9, 0.8], [0.1]) == 1.0
    assert auroc([0.1], [0.9, 0.8]) == 0.0
    assert auroc([0.5], [0.5]) == 0.5
    assert auroc([0.9, 0.5, 0.2], [0.5, 0.1]) == 4.5 / 6  # wins 2, 1 and a half, 1


@given(SCORES, SCORES)
def test_auroc_is_the_share_of_pairs_won(positives: list[float], negatives: list[float]) -> None:
    pairs = list(product(positives, negatives))
    won = sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs)
    assert auroc(positives, negatives) == (pytest.approx(won / len(pairs)) if pairs else None)


def test_calibration_error_by_hand() -> None:
    # 0.9 to 1.0: five, of mean 0.95, four right: gap 0.15. 0.6 to 0.7: 0.65, none right: gap 0.65.
    # 0.0 to 0.1: one of 0.0, none right: gap 0.
    confidences = [0.9, 0.95, 0.95, 0.95, 1.0, 0.6, 0.69, 0.66, 0.65, 0.0]
    right = [True, True, True, False, True, False, False, False, False, False]
    expected = 5 / 10 * 0.15 + 4 / 10 * 0.65
    assert expected_calibration_error(confidences, right) == pytest.approx(expected)


def test_calibration_bins_hold_their_lower_edge_and_the_last_one_holds_1() -> None:
    assert expected_calibration_error([1.0], [True]) == 0.0
    assert expected_calibration_error([1.0], [False]) == 1.0
    assert expected_calibration_error([0.9, 1.0], [True, False]) == pytest.approx(0.45)
    # In one bin the gaps cancel; in two bins 0.25 and 0.5 do not meet.
    assert expected_calibration_error([0.25, 0.75], [True, False], bins=1) == 0.0
    assert expected_calibration_error([0.25, 0.75], [True, False], bins=2) == 0.75
    assert expected_calibration_error([0.25, 0.5], [True, False], bins=2) == 0.625
    assert expected_calibration_error([0.5, 0.75], [True, False], bins=2) == 0.125


@pytest.mark.parametrize("edge", range(10))
def test_each_tenth_shares_a_bin_with_what_follows_it(edge: int) -> None:
    low, high = edge / 10, edge / 10 + 0.09
    gap = abs(low + high - 1) / 2
    assert expected_calibration_error([low, high], [True, False]) == pytest.approx(gap)


def test_calibration_error_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        expected_calibration_error([1.1], [True])
    with pytest.raises(ValueError, match="between 0 and 1"):
        expected_calibration_error([-0.1], [True])
    with pytest.raises(ValueError, match="2 confidences but 1 judgements"):
        expected_calibration_error([0.1, 0.2], [True])
    with pytest.raises(ValueError, match="bins must be 1 or more, not 0"):
        expected_calibration_error([0.1], [True], bins=0)


def test_risk_coverage_by_hand() -> None:
    assert risk_coverage([0.5, 0.9, 0.5, 0.2], [False, True, True, False]) == [
        OperatingPoint(threshold=0.9, answered=0.25, precision=1.0),
        OperatingPoint(threshold=0.5, answered=0.75, precision=2 / 3),
        OperatingPoint(threshold=0.2, answered=1.0, precision=0.5),
    ]


@given(st.lists(st.tuples(st.integers(0, 5).map(lambda n: n / 5), st.booleans()), max_size=12))
def test_risk_coverage_counts_what_each_threshold_answers(judged: list[tuple[float, bool]]) -> None:
    rows = []
    for threshold in sorted({confidence for confidence, _ in judged}, reverse=True):
        answered = [right for confidence, right in judged if confidence >= threshold]
        rows.append((threshold, len(answered) / len(judged), sum(answered) / len(answered)))
    assert risk_coverage([c for c, _ in judged], [right for _, right in judged]) == rows


def test_percentile_by_hand() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.5
    assert percentile([4.0, 1.0, 3.0, 2.0], 95) == pytest.approx(3.85)
    assert percentile([4.0, 1.0, 3.0, 2.0], 100) == 4.0
    assert percentile([7.0], 95) == 7.0


def test_what_has_nothing_to_count_is_none() -> None:
    assert mean([]) is None
    assert recall_at(5, []) is None
    assert mrr_at(10, []) is None
    assert auroc([], [0.5]) is None
    assert auroc([0.5], []) is None
    assert expected_calibration_error([], []) is None
    assert percentile([], 50) is None
    assert risk_coverage([], []) == []


def test_scores_that_are_not_finite_are_refused() -> None:
    for score in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="finite"):
            auroc([score], [0.5])
        with pytest.raises(ValueError, match="finite"):
            risk_coverage([score], [True])
        with pytest.raises(ValueError, match="finite"):
            percentile([score], 50)
