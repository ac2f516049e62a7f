"""A measure by source length: bins of about as many pairs, which depend on the lengths alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.evaluation.prediction_measures import hits, measure_by_length


@given(st.lists(st.integers(0, 40), min_size=1, max_size=400))
def test_every_pair_is_in_one_bin_and_no_length_in_two(lengths: list[int]) -> None:
    bins = measure_by_length(lengths, hits([True] * len(lengths)))
    assert sum(one.n_pairs for one in bins) == len(lengths)
    assert all(before.longest < after.shortest for before, after in pairwise(bins))
    assert (bins[0].shortest, bins[-1].longest) == (min(lengths), max(lengths))
    assert len(bins) == 1 or all(one.n_pairs >= 20 for one in bins)


@pytest.mark.parametrize(
    ("n_of_length", "n_in_bin"),
    [
        ([1] * 39, [39]),
        ([1] * 50, [25, 25]),
        ([30, 19, 30], [30, 49]),
        ([30, 30, 19], [30, 49]),
        ([19, 30, 30], [49, 30]),
        ([20, *[1] * 980], [100] * 10),
    ],
)
def test_up_to_ten_bins_are_about_equally_full_with_20_pairs_or_more(
    n_of_length: list[int], n_in_bin: list[int]
) -> None:
    lengths = [length for length, n_pairs in enumerate(n_of_length) for _ in range(n_pairs)]
    assert [one.n_pairs for one in measure_by_length(lengths, hits([True] * len(lengths)))] == n_in_bin


def test_each_bin_has_the_measure_of_its_own_pairs() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, 600)
    for one in measure_by_length(lengths.tolist(), hits(lengths < 25)):
        members = (lengths >= one.shortest) & (lengths <= one.longest)
        assert one.n_pairs == members.sum()
        assert one.estimate is not None and one.estimate.value == (lengths < 25)[members].mean()
        assert one.to_json()["value_low"] <= one.to_json()["value"]
