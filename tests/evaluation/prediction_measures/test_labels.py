"""Measures of labels: exact small cases, agreement with scikit-learn, and what must not change them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.evaluation.prediction_measures import UNKNOWN_LABEL, LabelMeasures, calibrate, measure_labels

NAMES = ("kind", "unkind", "neither")
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.25, 0.25], [0.05, 0.9, 0.05]])
TRUE = (0, 1, 1, 0)


def random_answers(n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities of four labels, and true labels that are drawn from them."""
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet([0.5, 1, 1, 0.2], n)
    return probabilities, (generator.random((n, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)


def measured(n: int = 500) -> LabelMeasures:
    return measure_labels(*random_answers(n), "abcd")


def test_a_small_case_is_as_computed_by_hand() -> None:
    measures = measure_labels(PROBABILITIES, TRUE, NAMES)
    assert measures.accuracy.value == 0.5
    assert [outcomes.estimate for outcomes in measures.compared] == [measures.accuracy]
    assert measures.confusion.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert [label.f1 for label in measures.labels] == [0.5, 0.5, None]
    assert measures.macro_f1 == 0.5
    assert measures.log_loss_nats == pytest.approx(-np.log([0.7, 0.6, 0.25, 0.05]).mean())
    assert measures.log_loss_bits == pytest.approx(-np.log2([0.7, 0.6, 0.25, 0.05]).mean())
    assert measures.calibration.error == pytest.approx((0.3 + 0.4 + 0.5 + 0.9) / 4)


def test_the_surest_mistakes_come_first_with_the_numbers_of_their_pairs() -> None:
    first, second = measure_labels(PROBABILITIES, TRUE, NAMES).mistakes
    assert (first.pair, first.predicted, first.probability, first.true) == (3, "unkind", 0.9, "kind")
    assert (second.pair, second.predicted, second.probability, second.true) == (2, "kind", 0.5, "unkind")
    assert len(measured().mistakes) == 10


def test_a_label_that_training_lacks_is_a_mistake_and_has_no_log_loss() -> None:
    measures = measure_labels(PROBABILITIES[:2], [0, UNKNOWN_LABEL], NAMES)
    assert measures.accuracy.value == 0.5 and measures.n_unknown == 1
    assert measures.log_loss_nats == pytest.approx(-math.log(0.7))
    assert measures.mistakes[0].true is None
    assert measures.labels[1].f1 == 0 and measures.labels[1].n_predicted == 1
    assert measures.macro_f1 == 1 / 2
    two_labels = measure_labels(PROBABILITIES[:2], [0, UNKNOWN_LABEL], NAMES, n_unknown_labels=1)
    assert two_labels.macro_f1 == 1 / 3
    nothing_known = measure_labels(PROBABILITIES[:1], [UNKNOWN_LABEL], NAMES)
    assert nothing_known.log_loss_nats is nothing_known.log_loss_bits is None


def test_a_perfect_model_gets_1_and_0() -> None:
    measures = measure_labels(np.eye(3), [0, 1, 2], NAMES)
    assert measures.accuracy.value == measures.macro_f1 == 1
    assert measures.log_loss_nats == measures.calibration.error == 0
    assert not measures.mistakes


def test_a_uniform_model_loses_the_logarithm_of_the_number_of_labels() -> None:
    measures = measure_labels(np.full((10, 4), 0.25), [0, 1] * 5, "abcd")
    assert measures.log_loss_bits == pytest.approx(2)


def test_a_probability_of_0_for_the_truth_is_a_finite_loss() -> None:
    assert measure_labels(np.array([[0.0, 1.0]]), [0], "ab").log_loss_nats == pytest.approx(38 * math.log(10))


def test_the_order_of_the_pairs_plays_no_part() -> None:
    probabilities, true = random_answers(500)
    order = np.random.default_rng(1).permutation(500)
    one, other = measured().to_json(), measure_labels(probabilities[order], true[order], "abcd").to_json()
    for key in ("accuracy", "macro_f1", "log_loss_nats", "calibration_error"):
        assert one[key] == pytest.approx(other[key])
    assert one["confusion"] == other["confusion"]
    assert [order[mistake["pair"]] for mistake in other["mistakes"]] == [mistake["pair"] for mistake in one["mistakes"]]


def test_the_numbers_of_the_labels_play_no_part() -> None:
    probabilities, true = random_answers(500)
    other = measure_labels(probabilities[:, ::-1], 3 - true, "dcba")
    assert other.macro_f1 == pytest.approx(measured().macro_f1)
    assert other.log_loss_nats == pytest.approx(measured().log_loss_nats)


def test_probabilities_that_are_true_have_a_small_calibration_error_and_others_a_large_one() -> None:
    probabilities, true = random_answers(20_000)
    assert measure_labels(probabilities, true, "abcd").calibration.error < 0.015
    sharp = probabilities**4 / (probabilities**4).sum(axis=1, keepdims=True)
    assert measure_labels(sharp, true, "abcd").calibration.error > 0.1


def test_a_calibration_bin_contains_its_upper_end() -> None:
    above = 1e-9
    confidences = np.array([0.0, 1 / 15, 1 / 15 + above, 14 / 15, 14 / 15 + above, 1.0, 1.0 + above])
    bins = calibrate(confidences, np.array([False] + [True] * 6)).bins
    assert [one.n_pairs for one in bins] == [2, 1, 1, 3]
    assert [one.accuracy for one in bins] == [0.5, 1, 1, 1]


def test_the_report_is_json() -> None:
    report = json.loads(json.dumps(measure_labels(PROBABILITIES, TRUE, NAMES).to_json(), allow_nan=False))
    assert (report["n_pairs"], report["n_unknown_labels"], len(report["calibration"])) == (4, 0, 4)
    assert report["calibration"][-1] == {"n_pairs": 1, "confidence": 0.9, "accuracy": 0.0}
    assert report["log_loss_bits"] > report["log_loss_nats"] > 0
    assert report["accuracy_low"] < 0.5 < report["accuracy_high"]
    assert report["mistakes"][0] == {"pair": 3, "predicted": "unkind", "probability": 0.9, "true": "kind"}
    assert report["labels"][2] == {
        **dict.fromkeys(("n_true", "n_predicted", "n_right"), 0),
        **dict.fromkeys(("precision", "recall", "f1")),
        "label": "neither",
    }


def test_the_measures_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    probabilities, true = random_answers(500)
    predicted, measures = probabilities.argmax(axis=1), measured()
    assert measures.accuracy.value == metrics.accuracy_score(true, predicted)
    assert measures.macro_f1 == pytest.approx(metrics.f1_score(true, predicted, average="macro"))
    assert measures.log_loss_nats == pytest.approx(metrics.log_loss(true, probabilities))
    assert measures.confusion.tolist() == metrics.confusion_matrix(true, predicted).tolist()
    columns = zip(*((label.precision, label.recall, label.f1, label.n_true) for label in measures.labels), strict=True)
    for ours, theirs in zip(columns, metrics.precision_recall_fscore_support(true, predicted), strict=True):
        assert ours == pytest.approx(theirs)
