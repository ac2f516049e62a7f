"""Measures of networks that have no gates, no features to follow, or numbers that are not finite."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqgen.config import UnitName
from seqgen.inference.row_products import RowProducts
from seqgen.inspection.activity import Activity
from seqgen.inspection.gates import GateCounter
from seqgen.inspection.jacobians import _largest
from seqgen.inspection.units import find_followers
from seqgen.models import Inside


def test_gates_are_not_told_where_nothing_says_what_is_kept() -> None:
    counter, gate = GateCounter(0), torch.tensor([[[0.05, 0.95]]])
    counter.add(Inside(gates={"update": gate}))
    assert counter.uses() == []


def test_without_features_no_unit_follows_any() -> None:
    activity = Activity((UnitName(0, 0),), np.zeros((1, 4), np.float32), ())
    assert find_followers(activity, [activity], features={}, ids=np.arange(4)) == ()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_product_with_a_number_that_is_not_finite_is_infinite(bad: float) -> None:
    assert _largest(torch.tensor([[[1.0, bad]]], dtype=torch.float64)) == math.inf
    assert _largest(torch.tensor([[[3.0, 4.0]]], dtype=torch.float64)) == pytest.approx(5.0)


def test_where_no_way_keeps_the_bits_of_many_rows_each_is_multiplied_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.inference.row_products._keeps_rows", lambda *_: False)
    rng = np.random.default_rng(0)
    rows, matrix = rng.normal(size=(3, 5)).astype(np.float32), rng.normal(size=(5, 4)).astype(np.float32)
    multiply = RowProducts.of([matrix.shape], matrix.dtype)
    assert multiply.longest_sum is None
    np.testing.assert_array_equal(multiply(rows, matrix)[1:2], multiply(rows[1:2], matrix))
