"""Two models on the same pairs: the interval of their difference, and a sentence that claims no more than it shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.evaluation.prediction_measures import Outcomes, PairedDifference, compare_outcomes, hits, pool_differences


def difference(first: Outcomes, second: Outcomes, *, seed: int = 0) -> PairedDifference:
    found = compare_outcomes(first, second, names=("new", "old"), seed=seed)
    assert found is not None
    return found


def right(n: int, share: float, *, seed: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(n) < share


def plain_bootstrap(first: Outcomes, second: Outcomes) -> list[float]:
    """The interval from resamples that draw the pairs themselves."""
    generator, n = np.random.default_rng(5), len(first.counts)
    draws = generator.integers(n, size=(10_000, n))
    ratios = [one.counts[draws].sum(axis=1) / one.sizes[draws].sum(axis=1) for one in (first, second)]
    return [float(end) for end in np.quantile(ratios[0] - ratios[1], [0.025, 0.975])]


def test_the_interval_is_that_of_drawing_pairs() -> None:
    first, second = hits(right(200, 0.8, seed=1)), hits(right(200, 0.7, seed=2))
    found = difference(first, second)
    assert [found.low, found.high] == pytest.approx(plain_bootstrap(first, second), abs=0.008)


def test_the_interval_of_error_rates_is_that_of_drawing_pairs() -> None:
    generator = np.random.default_rng(3)
    sizes = generator.integers(1, 20, 150)
    first, second = (Outcomes("character error rate", generator.binomial(sizes, share), sizes) for share in (0.1, 0.15))
    found = difference(first, second)
    assert found.value == pytest.approx((first.counts.sum() - second.counts.sum()) / sizes.sum())
    assert [found.low, found.high] == pytest.approx(plain_bootstrap(first, second), abs=0.004)


def test_pairing_makes_a_small_steady_gain_certain() -> None:
    old = right(1000, 0.5, seed=0)
    new = old.copy()
    new[np.flatnonzero(~old)[:15]] = True  # 1.5 points, and never worse
    assert difference(hits(new), hits(old)).is_certain
    shuffled = np.random.default_rng(1).permutation(new)
    assert not difference(hits(shuffled), hits(old)).is_certain


def test_the_sentence_names_the_better_model_whatever_the_order() -> None:
    good, bad = hits([True] * 90 + [False] * 10), hits([True] * 60 + [False] * 40)
    assert str(difference(good, bad)).startswith("new is better than old by 30.0 points of accuracy (")
    assert str(difference(bad, good)).startswith("old is better than new by 30.0 points of accuracy (")


def test_of_error_rates_less_is_better() -> None:
    few, many = (Outcomes("word error rate", np.full(50, count), np.full(50, 10)) for count in (1, 4))
    assert str(difference(few, many)) == "new is better than old by 30.0 points of word error rate (30.0 to 30.0)"
    assert str(difference(many, few)) == "old is better than new by 30.0 points of word error rate (30.0 to 30.0)"


def test_a_model_cannot_be_told_from_itself() -> None:
    same = hits(right(100, 0.6, seed=0))
    found = difference(same, same)
    assert (found.value, found.low, found.high, found.is_certain) == (0, 0, 0, False)


@pytest.mark.parametrize(("n_differing", "is_certain"), [(1, False), (5, False), (6, True)])
def test_a_few_pairs_do_not_make_a_winner(n_differing: int, is_certain: bool) -> None:
    for n_others in (0, 100):
        others = [True, False] * (n_others // 2)
        good, bad = hits([True] * n_differing + others), hits([False] * n_differing + others)
        found = difference(good, bad)
        assert (found.n_differing, found.is_certain) == (n_differing, is_certain)
        for either in (found, found.reversed):
            assert (f"differ on {n_differing} pair" in str(either)) is (found.low > 0 and not is_certain)
        assert pool_differences([found, found], names=("new", "old")).is_certain is is_certain


def test_chance_alone_is_rarely_called_certain() -> None:
    certain = [
        difference(hits(right(300, 0.7, seed=2 * n)), hits(right(300, 0.7, seed=2 * n + 1))).is_certain
        for n in range(40)
    ]
    assert sum(certain) <= 6


def test_the_order_of_the_pairs_plays_no_part_and_the_seed_decides() -> None:
    one, other = right(300, 0.7, seed=1), right(300, 0.6, seed=2)
    order = np.random.default_rng(3).permutation(300)
    assert difference(hits(one), hits(other)) == difference(hits(one[order]), hits(other[order]))
    assert difference(hits(one), hits(other)) != difference(hits(one), hits(other), seed=1)


def test_swapping_the_models_swaps_the_sign() -> None:
    one, other = hits(right(300, 0.7, seed=1)), hits(right(300, 0.6, seed=2))
    there, back = difference(one, other), difference(other, one)
    assert (there.value, there.low) == pytest.approx((-back.value, -back.high), abs=0.006)


def test_error_rates_of_nothing_are_not_compared() -> None:
    empty, other = (Outcomes("character error rate", np.array([1, 0]), np.array([0, n])) for n in (0, 1))
    for first, second in ((empty, empty), (empty, other), (other, empty)):
        assert compare_outcomes(first, second, names=("new", "old")) is None


def test_a_resample_of_nothing_but_empty_references_has_no_errors() -> None:
    wrong, right = (Outcomes("word error rate", np.array([n, 0]), np.array([1, 0])) for n in (1, 0))
    found = difference(wrong, right)
    assert (found.value, found.low, found.high) == (1, 0, 1)


def test_the_interval_is_the_same_however_many_resamples_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = hits(right(50, 0.7, seed=1)), hits(right(50, 0.6, seed=2))
    at_once = difference(one, other)
    monkeypatch.setattr("seqgen.evaluation.prediction_measures.paired._CHUNK_CELLS", 4 * 3000)
    assert difference(one, other) == at_once


def test_an_interval_that_ends_at_0_is_not_certain() -> None:
    one = PairedDifference(measure="accuracy", value=0.1, low=0.0, high=0.2)
    assert not one.is_certain and not one.reversed.is_certain


def test_the_report_has_the_difference_with_its_interval() -> None:
    assert PairedDifference(measure="accuracy", value=0.2, low=0.1, high=0.3, n_differing=5).to_json() == {
        "measure": "accuracy",
        "difference": 0.2,
        "difference_low": 0.1,
        "difference_high": 0.3,
        "n_differing": 5,
        "is_certain": False,
    }


def of_seed(value: float) -> PairedDifference:
    return PairedDifference(measure="accuracy", value=value, low=value - 0.01, high=value + 0.01)


def test_several_seeds_are_certain_only_if_each_of_them_is() -> None:
    together = pool_differences([of_seed(0.02), of_seed(0.04)], names=("new", "old"))
    assert (together.value, together.low, together.high) == pytest.approx((0.03, 0.01, 0.05))
    assert together.is_certain
    assert not pool_differences([of_seed(0.02), of_seed(0.005)], names=("new", "old")).is_certain
    assert not pool_differences([of_seed(0.02), of_seed(-0.02)], names=("new", "old")).is_certain
    few = replace(of_seed(0.02), n_differing=5)
    assert not pool_differences([of_seed(0.02), few], names=("new", "old")).is_certain


def test_one_seed_is_pooled_to_itself() -> None:
    assert pool_differences([of_seed(0.02)], names=("new", "old")) == replace(of_seed(0.02), first="new", second="old")


def test_a_reversed_difference_says_the_same() -> None:
    one, other = hits(right(300, 0.9, seed=1)), hits(right(300, 0.6, seed=2))
    assert str(difference(one, other).reversed) == str(difference(one, other))
