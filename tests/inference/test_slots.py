"""Streams come into slots and leave them, and none of them notices the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from seqgen.config import ModelConfig
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import (
    SLOTS,
    STEPPERS,
    MixedSlots,
    MixedStepper,
    NgramExpert,
    Slots,
    State,
    build_slots,
    build_stepper,
)
from seqgen.inference.row_products import RowProducts
from seqgen.models import build_model, read_weights
from tests.tiny import MODEL_CONFIGS, V

every_model = pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())
WIDE = {cell: replace(MODEL_CONFIGS[cell], d_model=460, n_layer=1) for cell in SLOTS}
"""So wide that BLAS sums few rows and many in different orders."""
every_slots = pytest.mark.parametrize(
    "config", [*MODEL_CONFIGS.values(), *WIDE.values()], ids=[*MODEL_CONFIGS, *(f"{cell}-wide" for cell in WIDE)]
)


def weights_of(config: ModelConfig) -> dict[str, np.ndarray]:
    torch.manual_seed(1)
    model = build_model(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return dict(read_weights(model))


def ids_of(n_time: int, n_streams: int) -> np.ndarray:
    return np.random.default_rng(n_streams).integers(0, V, (n_time, n_streams))


def expert() -> NgramExpert:
    counted = np.random.default_rng(0).integers(0, V, 300)
    return NgramExpert(NgramModel(counted, order=3, vocab_size=V).tables(), vocab_size=V, weight=0.3)


def alone(slots: Slots, ids: np.ndarray) -> np.ndarray:
    """The logits of one stream in the first of four slots, (T, V)."""
    return np.stack([slots.step(np.array([token, 0, 0, 0]))[0].copy() for token in ids])


def test_the_registry_holds_the_cells_of_the_steppers() -> None:
    assert set(SLOTS) == set(STEPPERS)


@every_model
def test_slots_give_the_logits_of_a_stepper(config: ModelConfig) -> None:
    weights, ids = weights_of(config), ids_of(30, 4)
    slots, stepper = build_slots(config, weights, n_slots=4), build_stepper(config, weights, n_streams=4)
    for column in ids:
        np.testing.assert_allclose(slots.step(column), stepper.step(column), rtol=0, atol=1e-4)


@every_model
def test_a_stream_that_a_stepper_began_continues_in_a_slot_as_in_the_stepper(config: ModelConfig) -> None:
    weights, ids = weights_of(config), ids_of(40, 4)
    slots, stepper = build_slots(config, weights, n_slots=4), build_stepper(config, weights, n_streams=1)
    for n_before, column in enumerate(ids[:25]):
        slots.step(column)
        if n_before < 15:
            stepper.read(ids[n_before, :1].tolist())
    slots.place({2: stepper.state()})
    for column in ids[15:]:
        expected = stepper.step(column[:1])
        np.testing.assert_allclose(slots.step(np.full(4, column[0]))[2], expected[0], rtol=0, atol=1e-4)


class Guests:
    """Streams that come into slots and leave them at random, and read ids of their own whenever they are there."""

    def __init__(self, slots: Slots, ids: np.ndarray, states: list[State]) -> None:
        self.slots, self.ids, self.states = slots, ids, states
        self.rng, self.n_slots = np.random.default_rng(0), 4
        self.where: dict[int, int] = {}
        """Number of a stream -> its slot."""
        self.logits: list[list[np.ndarray]] = [[] for _ in states]

    def come_and_go(self) -> None:
        for number in [number for number in self.where if self.rng.random() < 0.1]:
            self.states[number] = self.slots.lift(self.where.pop(number))
        if self.rng.random() < 0.1:
            self.n_slots = int(self.rng.integers(2, 24)) * 4
            kept = [*self.where.values(), *[0] * self.n_slots][: self.n_slots]
            self.slots.select(np.array(kept))
            self.where = {number: slot for slot, number in enumerate(self.where)}
        free = [slot for slot in self.rng.permutation(self.n_slots).tolist() if slot not in self.where.values()]
        outside = [number for number in range(len(self.states)) if number not in self.where]
        coming = [number for number in outside if self.has_more(number) and self.rng.random() < 0.5]
        new = dict(zip(coming, free, strict=False))
        self.slots.place({slot: self.states[number] for number, slot in new.items()})
        self.where |= new

    def step(self) -> None:
        given = self.rng.integers(0, V, self.n_slots)
        for number, slot in self.where.items():
            given[slot] = self.ids[len(self.logits[number]), number]
        logits = self.slots.step(given)
        for number, slot in self.where.items():
            self.logits[number].append(logits[slot].copy())
        self.where = {number: slot for number, slot in self.where.items() if self.has_more(number)}

    def has_more(self, number: int) -> bool:
        return len(self.logits[number]) < len(self.ids)


@every_slots
@pytest.mark.parametrize("is_mixed", [False, True])
def test_a_stream_has_the_same_bits_alone_and_among_others(config: ModelConfig, is_mixed: bool) -> None:
    weights, ids = weights_of(config), ids_of(24, 5)
    stepper = build_stepper(config, weights, n_streams=1)
    quiet, busy = (build_slots(config, weights, n_slots=4) for _ in range(2))
    if is_mixed:
        stepper = MixedStepper.of(stepper, expert(), n_streams=1)
        quiet, busy = (MixedSlots(slots, expert(), n_slots=4) for slots in (quiet, busy))
    states = []
    for number in range(5):  # each begins where the one before has been
        states.append(stepper.state())
        stepper.read(ids[:7, number].tolist())
    expected = []
    for number, state in enumerate(states):
        quiet.place({0: state})
        expected.append(alone(quiet, ids[:, number]))
    guests = Guests(busy, ids, states)
    while any(map(guests.has_more, range(5))):
        guests.come_and_go()
        guests.step()
    for own, others in zip(expected, guests.logits, strict=True):
        np.testing.assert_array_equal(own, others)


@every_model
def test_further_slots_begin_anew_and_change_no_others(config: ModelConfig) -> None:
    slots, ids = build_slots(config, weights_of(config), n_slots=4), ids_of(15, 4)
    expected = [slots.step(column).copy() for column in ids]
    for n_slots in (4, 8):
        further = slots.anew(n_slots)
        for column, logits in zip(ids, expected, strict=True):
            np.testing.assert_array_equal(further.step(np.resize(column, n_slots))[:4], logits)
    state = slots.lift(1)
    slots.anew(4).step(ids[0])
    for before, after in zip(state, slots.lift(1), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("shape", [(513, 2048), (97, 65), (13, 7), (700, 300), (64, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_has_the_same_product_wherever_it_stands(shape: tuple[int, int], dtype: type) -> None:
    rng = np.random.default_rng(0)
    rows: NDArray[Any] = rng.normal(size=(128, shape[0])).astype(dtype)
    matrix: NDArray[Any] = rng.normal(size=shape).astype(dtype)
    multiply = RowProducts.of([shape], np.dtype(dtype))
    product = multiply(rows, matrix)
    np.testing.assert_allclose(product, rows @ matrix, rtol=1e-3, atol=1e-3)
    for n_rows in (4, 8, 16, 28, 32, 36, 64, 100):
        chosen = rng.permutation(128)[:n_rows]
        np.testing.assert_array_equal(multiply(rows[chosen], matrix), product[chosen])


def test_one_row_at_a_time_is_what_each_row_gets_alone() -> None:
    rng = np.random.default_rng(0)
    rows, matrix, out = rng.normal(size=(12, 30)), rng.normal(size=(30, 7)), np.empty((12, 7))
    RowProducts(None)(rows, matrix, out=out)
    np.testing.assert_array_equal(out, np.concatenate([row[None] @ matrix for row in rows]))
