"""After a source, every stepper computes what the torch module of its cell and its encoder computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from seqgen.config import EncoderConfig, ModelConfig
from seqgen.inference import Stepper, build_stepper, weight_shapes
from seqgen.inference.source_memory import SourceMemory
from seqgen.models import Decoder, State, read_weights
from seqgen.stepping import ModuleStepper
from tests.models import pairs
from tests.models.pairs import make, some_ids, some_sources
from tests.tiny import PAIR_CONFIGS

every_pair = pytest.mark.parametrize(("config", "encoder"), PAIR_CONFIGS.values(), ids=PAIR_CONFIGS.keys())
SOURCES = some_sources().numpy()
LENGTHS = pairs.LENGTHS.numpy()
TARGETS = some_ids(14).numpy()


def a_stepper(model: Decoder, config: ModelConfig, encoder: EncoderConfig) -> Stepper:
    return build_stepper(config, read_weights(model), n_streams=1, encoder=encoder)


def steps(stepper: Stepper, ids: NDArray[np.int64]) -> NDArray[np.floating]:
    """The logits after each id, (B, T, V)."""
    return np.stack([stepper.step(column).copy() for column in ids.T], axis=1)


def begin(model: Decoder) -> State:
    """The state of the module after the sources."""
    return model.start(torch.from_numpy(SOURCES), torch.from_numpy(LENGTHS))


@torch.no_grad()
def window(model: Decoder) -> tuple[NDArray[np.floating], tuple[NDArray[np.floating], ...]]:
    """The logits along the targets after the sources, and the state after them."""
    logits, state = model(torch.from_numpy(TARGETS), begin(model))
    return logits.numpy(), tuple(part.numpy() for part in state)


def assert_close(actual: NDArray[np.floating], expected: NDArray[np.floating], *, by: float = 1e-9) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=by)


def without_padding(array: NDArray[np.floating]) -> NDArray[np.floating]:
    """A part of a state, (B, ..., S, K) if it belongs to the sources, with zeros where no source is."""
    if array.ndim < 3 or array.shape[-2] != SOURCES.shape[1]:
        return array
    is_source = np.arange(SOURCES.shape[1]) < LENGTHS[:, None]
    return np.where(is_source.reshape(len(array), *[1] * (array.ndim - 3), -1, 1), array, 0)


@every_pair
def test_the_shapes_are_those_of_the_module(config: ModelConfig, encoder: EncoderConfig) -> None:
    shapes = {name: array.shape for name, array in read_weights(make(config, encoder)).items()}
    assert weight_shapes(config, encoder) == shapes


@every_pair
def test_the_logits_and_the_state_are_those_of_the_module(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    stepper, (logits, state) = a_stepper(model, config, encoder), window(model)
    stepper.start(SOURCES, LENGTHS)
    assert_close(steps(stepper, TARGETS), logits)
    for array, expected in zip(stepper.state(), state, strict=True):
        assert array.shape == expected.shape
        assert_close(without_padding(array), without_padding(expected))


@every_pair
def test_the_logits_are_close_in_single_precision(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder).float()
    stepper, (logits, _) = a_stepper(model, config, encoder), window(model)
    stepper.start(SOURCES, LENGTHS)
    stepped = steps(stepper, TARGETS)
    assert stepped.dtype == np.float32
    np.testing.assert_allclose(stepped, logits, rtol=1e-4, atol=1e-4)


@every_pair
def test_padding_changes_nothing(config: ModelConfig, encoder: EncoderConfig) -> None:
    stepper = a_stepper(make(config, encoder), config, encoder)
    stepper.start(SOURCES, LENGTHS)
    together = steps(stepper, TARGETS)
    stepper.start(np.pad(SOURCES, ((0, 0), (0, 9))), LENGTHS)
    assert_close(steps(stepper, TARGETS), together)
    for row, length in enumerate(LENGTHS):
        stepper.start(SOURCES[row : row + 1, :length], LENGTHS[row : row + 1])
        assert_close(steps(stepper, TARGETS[row : row + 1]), together[row : row + 1])


@every_pair
def test_a_start_forgets_what_was_read_before(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    stepper, fresh = a_stepper(model, config, encoder), a_stepper(model, config, encoder)
    stepper.start(SOURCES[:2], LENGTHS[:2])
    stepper.step(np.array([4, 2]))
    for n_streams in (2, 4):
        for each in (stepper, fresh):
            each.start(SOURCES[:n_streams], LENGTHS[:n_streams])
        np.testing.assert_array_equal(steps(stepper, TARGETS[:n_streams]), steps(fresh, TARGETS[:n_streams]))


@every_pair
def test_reading_at_once_and_forking_keep_the_source(config: ModelConfig, encoder: EncoderConfig) -> None:
    stepper = a_stepper(make(config, encoder), config, encoder)
    stepper.start(SOURCES[:1], LENGTHS[:1])
    three = stepper.fork(3)
    for part in (TARGETS[:1, :7], TARGETS[:1, 7:]):
        logits = steps(three, np.repeat(part, 3, axis=0))[:, -1]
        assert_close(np.repeat(stepper.read(part[0].tolist()), 3, axis=0), logits)
    forked, ids = stepper.fork(3), np.array([1, 2, 3])
    expected = three.step(ids).copy()
    assert_close(forked.step(ids), expected)
    assert_close(stepper.step(ids[:1]), expected[:1])


@every_pair
@torch.no_grad()
def test_states_are_exchanged_with_the_module(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    stepper = a_stepper(model, config, encoder).fork(4)
    _, state = model(torch.from_numpy(TARGETS[:, :5]), begin(model))
    expected, _ = model(torch.from_numpy(TARGETS[:, 5:]), state)
    stepper.set_state(tuple(part.numpy() for part in state))
    assert_close(steps(stepper, TARGETS[:, 5:10]), expected[:, :5].numpy())
    continued, _ = model(torch.from_numpy(TARGETS[:, 10:]), tuple(map(torch.from_numpy, stepper.state())))
    assert_close(continued.numpy(), expected[:, 5:].numpy())


@every_pair
def test_selected_streams_continue_with_their_sources(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    stepper = a_stepper(model, config, encoder)
    stepper.start(SOURCES, LENGTHS)
    stepper.step(TARGETS[:, 0])
    for rows in ([2, 2, 0, 1], [3, 1], [0, 1], [1, 0, 1, 1, 0]):
        expected, ids = a_stepper(model, config, encoder).fork(len(rows)), np.arange(len(rows))
        expected.set_state(tuple(part[rows] for part in stepper.state()))
        stepper.select(np.array(rows))
        for _ in range(11):
            np.testing.assert_array_equal(stepper.step(ids), expected.step(ids))


@every_pair
@torch.no_grad()
def test_the_attention_to_the_source_is_that_of_the_module(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    stepper = a_stepper(model, config, encoder)
    stepper.start(SOURCES, LENGTHS)
    assert stepper.source_attention is None
    weights = model.trace(torch.from_numpy(TARGETS), begin(model)).source_attention
    for time, ids in enumerate(TARGETS.T):
        stepper.step(ids)
        if weights is None:
            assert not encoder.attention and stepper.source_attention is None
        else:
            assert stepper.source_attention is not None
            assert_close(stepper.source_attention, weights[-1, :, :, time].mean(dim=1).numpy())
            assert_close(stepper.source_attention.sum(axis=1), np.ones(4))
    stepper.select(np.array([0]))
    assert stepper.source_attention is None


@every_pair
def test_a_module_steps_as_numpy_does(config: ModelConfig, encoder: EncoderConfig) -> None:
    weights = read_weights(make(config, encoder).float())
    module = ModuleStepper.build(config, weights, device=torch.device("cpu"), encoder=encoder)
    stepper, rows = build_stepper(config, weights, n_streams=1, encoder=encoder), np.array([3, 0, 0])
    logits = []
    for each in (stepper, module):
        each.start(SOURCES, LENGTHS)
        steps(each, TARGETS[:, :3])
        each.select(rows)
        logits.append(steps(each, TARGETS[:3, 3:6]))
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-4, atol=1e-4)
    assert (stepper.source_attention is None) == (module.source_attention is None)
    if stepper.source_attention is not None and module.source_attention is not None:
        assert_close(stepper.source_attention, module.source_attention, by=1e-5)


def test_streams_that_keep_their_sources_share_them() -> None:
    memory = SourceMemory([np.ones((2, 3, 4)), np.ones((2, 3, 4))], np.array([3, 2])).select(np.array([0, 0, 1, 1]))
    assert memory.select(np.array([1, 0, 3, 3])) is memory
    assert memory.select(np.array([2, 3, 0, 1])).lengths.tolist() == [2, 2, 3, 3]
