"""A decoder that reads sources itself: every stepper begins after sources of different lengths at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from seqgen.config import ModelConfig
from seqgen.inference import build_stepper, weight_shapes
from seqgen.models import Decoder, build_model, read_weights
from seqgen.stepping import ModuleStepper
from tests.inference.test_sources import LENGTHS, SOURCES, TARGETS, assert_close, steps
from tests.tiny import MODEL_CONFIGS, SOURCE_V, V

every_joined = pytest.mark.parametrize("name", [name for name in MODEL_CONFIGS if not name.endswith("-tied")])


def joined(name: str) -> tuple[ModelConfig, Decoder]:
    """A decoder that reads sources itself."""
    config = replace(MODEL_CONFIGS[name], source_vocab_size=SOURCE_V)
    torch.manual_seed(1)
    return config, build_model(config).double().eval()


@every_joined
def test_a_decoder_without_an_encoder_reads_the_ids_of_sources(name: str) -> None:
    config, model = joined(name)
    weights = read_weights(model)
    assert weight_shapes(config) == {name: array.shape for name, array in weights.items()}
    ids = np.concatenate((SOURCES + V, TARGETS), axis=1)
    with torch.no_grad():
        expected = model(torch.from_numpy(ids))[0].numpy()
    assert expected.shape[2] == V
    assert_close(steps(build_stepper(config, weights, n_streams=4), ids), expected)


@every_joined
@torch.no_grad()
def test_sources_of_different_lengths_start_together_without_an_encoder(name: str) -> None:
    config, model = joined(name)
    stepper, rows = build_stepper(config, read_weights(model), n_streams=1), np.array([3, 1, 1, 0, 2])
    stepper.start(SOURCES, LENGTHS)
    first = steps(stepper, TARGETS[:, :5])
    stepper.select(rows)
    rest = steps(stepper, TARGETS[rows, 5:])
    for row, length in enumerate(LENGTHS):
        ids = np.concatenate((SOURCES[row, :length] + V, TARGETS[row]))[None]
        alone = model(torch.from_numpy(ids))[0].numpy()[0, length:]
        assert_close(first[row], alone[:5])
        assert_close(rest[rows == row], np.repeat(alone[None, 5:], (rows == row).sum(), axis=0))


@pytest.mark.parametrize("name", ["transformer", "transformer-ngrams"])
def test_a_transformer_reads_sources_in_windows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config, model = joined(name)
    stepper, logits = build_stepper(config, read_weights(model), n_streams=1), []
    for limit in (1 << 23, 1):  # all positions at once, then each by itself
        monkeypatch.setattr("seqgen.inference.transformer._MOST_SCORES", limit)
        stepper.start(SOURCES, LENGTHS)
        logits.append(steps(stepper, TARGETS))
    assert_close(logits[1], logits[0])


@every_joined
def test_a_start_without_an_encoder_forgets_what_was_read_before(name: str) -> None:
    config, model = joined(name)
    weights = read_weights(model)
    stepper, fresh = (build_stepper(config, weights, n_streams=1) for _ in range(2))
    for n_streams in (3, 3, 2):
        for each in (stepper, fresh):
            each.start(np.pad(SOURCES[:n_streams], ((0, 0), (0, 2))), LENGTHS[:n_streams])
        np.testing.assert_array_equal(steps(stepper, TARGETS[:n_streams]), steps(fresh, TARGETS[:n_streams]))
        fresh = build_stepper(config, weights, n_streams=1)


@every_joined
@torch.no_grad()
def test_the_state_after_a_source_is_that_of_the_module(name: str) -> None:
    config, model = joined(name)
    stepper, module = build_stepper(config, read_weights(model), n_streams=1), ModuleStepper(model)
    length = int(LENGTHS[2])
    for each in (stepper, module):
        each.start(np.repeat(SOURCES[2:3], 2, axis=0), LENGTHS[[2, 2]])
    _, state = model(torch.from_numpy(np.repeat(SOURCES[2:3, :length] + V, 2, axis=0)))
    for array, other, expected in zip(stepper.state(), module.state(), state, strict=True):
        assert_close(array, expected.numpy())
        assert_close(other, expected.numpy())
    stepper.start(SOURCES, LENGTHS)
    stepper.select(np.array([1]))
    assert_close(stepper.read(TARGETS[1].tolist()), torch_after(model, 1))


def torch_after(model: Decoder, row: int) -> NDArray[np.floating]:
    """The logits of a decoder without an encoder after one source and its target."""
    ids = np.concatenate((SOURCES[row, : LENGTHS[row]] + V, TARGETS[row]))[None]
    logits: NDArray[np.floating] = model(torch.from_numpy(ids))[0].numpy()[:, -1]
    return logits
