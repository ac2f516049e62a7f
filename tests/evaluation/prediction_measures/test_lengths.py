"""A measure by source length: bins of about as many pairs, which depend on the lengths alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
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


def test_many_different_lengths_make_ten_full_bins() -> None:
    bins = measure_by_length(range(1000), hits([True] * 1000))
    assert [one.n_pairs for one in bins] == [100] * 10


def test_each_bin_has_the_measure_of_its_own_pairs() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, 600)
    for one in measure_by_length(lengths.tolist(), hits(lengths < 25)):
        members = (lengths >= one.shortest) & (lengths <= one.longest)
        assert one.n_pairs == members.sum()
        assert one.estimate is not None and one.estimate.value == (lengths < 25)[members].mean()
        assert one.to_json()["value_low"] <= one.to_json()["value"]
