"""Every stepper computes what the torch module of its cell computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from seqgen.config import Budget, Cell, ModelConfig
from seqgen.evaluation import restore_decoder
from seqgen.inference import STEPPERS, build_stepper
from seqgen.models import DECODERS, Decoder, build_model, read_weights
from seqgen.run import open_model
from seqgen.stepping import ModuleStepper
from tests import tiny
from tests.tiny import MODEL_CONFIGS, V

every_model = pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())
CPU = torch.device("cpu")
batches = pytest.mark.parametrize("n_streams", [1, 8, 70])


def make(config: ModelConfig, dtype: torch.dtype, *, noise: float = 0.05) -> Decoder:
    torch.manual_seed(1)
    model = build_model(config).to(dtype).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * noise)
    return model


def test_the_two_registries_have_the_same_cells() -> None:
    assert set(STEPPERS) == set(DECODERS)


@every_model
@batches
def test_steps_equal_a_window_in_double_precision(config: ModelConfig, n_streams: int) -> None:
    model = make(config, torch.float64)
    ids = torch.randint(0, V, (n_streams, 60))
    stepper = build_stepper(config, read_weights(model), n_streams=n_streams)
    with torch.no_grad():
        expected, state = model(ids)
    stepped = np.stack([stepper.step(column.numpy()).copy() for column in ids.T], axis=1)
    np.testing.assert_allclose(stepped, expected.numpy(), rtol=0, atol=1e-9)
    for array, tensor in zip(stepper.state(), state, strict=True):
        np.testing.assert_allclose(array, tensor.numpy(), rtol=0, atol=1e-9)


@every_model
@pytest.mark.parametrize("n_streams", [1, 70])
@pytest.mark.parametrize("n_read", [1, 5, 9, 10, 40])
def test_reading_at_once_and_forking_equal_all_streams_step_by_step(
    config: ModelConfig, n_streams: int, n_read: int
) -> None:
    """The attention windows of the tiny Transformers, 9 and 1, are shorter than what is read, as long, and longer."""
    weights = read_weights(make(config, torch.float64))
    reader, stepper = (build_stepper(config, weights, n_streams=n) for n in (1, n_streams))
    ids = np.random.default_rng(0).integers(0, V, 2 * n_read).tolist()
    for part in (ids[:n_read], ids[n_read:]):  # the second part has a past
        logits = reader.read(part)
        for token in part:
            expected = stepper.step(np.full(n_streams, token))
        np.testing.assert_allclose(np.repeat(logits, n_streams, axis=0), expected, rtol=0, atol=1e-9)
    forked, before = reader.fork(n_streams), reader.state()
    for of_fork, of_stepper in zip(forked.state(), stepper.state(), strict=True):
        np.testing.assert_allclose(of_fork, of_stepper, rtol=0, atol=1e-9)
    after = np.arange(n_streams) % V
    for _ in range(12):
        np.testing.assert_allclose(forked.step(after), stepper.step(after), rtol=0, atol=1e-9)
    for array, unchanged in zip(reader.state(), before, strict=True):  # the steps of the fork changed only the fork
        np.testing.assert_array_equal(array, unchanged)


@every_model
def test_only_the_latest_ids_within_reach_have_an_effect(config: ModelConfig) -> None:
    weights = read_weights(make(config, torch.float64))
    whole, short = (build_stepper(config, weights, n_streams=1) for _ in range(2))
    ids = torch.randint(0, V, (60,)).tolist()
    read = ids[-(whole.reach or len(ids)) :]
    np.testing.assert_allclose(short.read(read), whole.read(ids), rtol=0, atol=1e-9)
    for token in (3, 1, 4):
        np.testing.assert_allclose(short.step(np.array([token])), whole.step(np.array([token])), rtol=0, atol=1e-9)
    assert whole.reach == make(config, torch.float64).reach


def test_scores_beyond_the_range_of_exp_give_the_attention_of_torch() -> None:
    model = make(MODEL_CONFIGS["transformer"], torch.float32)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "query_norm" in name or "key_norm" in name:
                parameter.mul_(30)
        ids = torch.randint(0, V, (2, 20))
        expected, _ = model(ids)
    stepper = build_stepper(MODEL_CONFIGS["transformer"], read_weights(model), n_streams=2)
    stepped = np.stack([stepper.step(column.numpy()).copy() for column in ids.T], axis=1)
    np.testing.assert_allclose(stepped, expected.numpy(), rtol=0, atol=1e-3)


@every_model
def test_a_thousand_steps_stay_close_in_single_precision(config: ModelConfig) -> None:
    model = make(config, torch.float32, noise=0.0)
    ids = torch.randint(0, V, (2, 1000))
    stepper = build_stepper(config, read_weights(model), n_streams=2)
    with torch.no_grad():
        expected = model(ids)[0].numpy()
    stepped = np.stack([stepper.step(column.numpy()).copy() for column in ids.T], axis=1)
    assert stepped.dtype == np.float32
    np.testing.assert_allclose(stepped, expected, rtol=1e-4, atol=1e-4)


@every_model
def test_a_stepper_continues_from_the_state_of_a_torch_window(config: ModelConfig) -> None:
    model = make(config, torch.float64)
    ids = torch.randint(0, V, (2, 30))
    with torch.no_grad():
        _, state = model(ids[:, :-1])
        expected = model(ids)[0][:, -1]
    stepper = build_stepper(config, read_weights(model), n_streams=2)
    stepper.set_state(tuple(tensor.numpy() for tensor in state))
    np.testing.assert_allclose(stepper.step(ids[:, -1].numpy()), expected.numpy(), rtol=0, atol=1e-9)


@every_model
def test_an_earlier_state_gives_the_same_continuation_again(config: ModelConfig) -> None:
    stepper = build_stepper(config, read_weights(make(config, torch.float32)), n_streams=1)
    future = np.arange(20) % V
    for token in range(15):
        stepper.step(np.array([token % V]))
    kept = stepper.state()
    first = [stepper.step(future[i : i + 1]).copy() for i in range(20)]
    stepper.set_state(kept)
    second = [stepper.step(future[i : i + 1]).copy() for i in range(20)]
    np.testing.assert_array_equal(first, second)


@every_model
def test_selected_streams_continue_as_the_streams_that_they_were(config: ModelConfig) -> None:
    weights, ids = read_weights(make(config, torch.float32)), np.random.default_rng(0).integers(0, V, (25, 6))
    stepper = build_stepper(config, weights, n_streams=3)
    for column in ids[:12, :3]:
        stepper.step(column)
    for rows in ([2, 0, 0], [1, 1, 0, 2], [3, 1]):
        expected = build_stepper(config, weights, n_streams=len(rows))
        expected.set_state(tuple(part[rows] for part in stepper.state()))
        stepper.select(np.array(rows))
        for column in ids[:, : len(rows)]:
            np.testing.assert_array_equal(stepper.step(column), expected.step(column))


@pytest.mark.parametrize("cell", sorted(DECODERS))
def test_a_trained_model_takes_the_same_step_from_the_same_state(cell: Cell, tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", cell=cell, budget=Budget(steps=60)))
    model = restore_decoder(saved)
    ids = torch.from_numpy(saved.tokenizer.encode(tiny.TEXT[:400]).ids.astype(np.int64))[None]
    stepper = build_stepper(saved.record.model, saved.weights, n_streams=1)
    state = None
    with torch.no_grad():
        for position in range(300, 320):
            _, state = model(ids[:, :position])
            expected, _ = model(ids[:, position : position + 1], state)
            stepper.set_state(tuple(tensor.numpy() for tensor in state))
            stepped = stepper.step(ids[:, position].numpy())
            np.testing.assert_allclose(stepped, expected[:, 0].numpy(), rtol=1e-4, atol=1e-4)


@every_model
@pytest.mark.parametrize("n_streams", [1, 8])
def test_a_module_steps_as_numpy_does(config: ModelConfig, n_streams: int) -> None:
    """Both read, fork, step, and continue from the same state."""
    weights = read_weights(make(config, torch.float32))
    stepper, module = build_stepper(config, weights, n_streams=1), ModuleStepper.build(config, weights, device=CPU)
    prompt = np.random.default_rng(0).integers(0, V, 300).tolist()
    for part in (prompt[:280], prompt[280:]):
        np.testing.assert_allclose(module.read(part), stepper.read(part), rtol=1e-4, atol=1e-4)
    ids = np.arange(n_streams) % V
    many, module_many = stepper.fork(n_streams), module.fork(n_streams)
    np.testing.assert_allclose(module_many.step(ids), many.step(ids), rtol=1e-4, atol=1e-4)
    module_many.step(ids)
    module_many.set_state(many.state())
    np.testing.assert_allclose(module_many.step(ids), many.step(ids), rtol=1e-4, atol=1e-4)
    for of_module, of_stepper in zip(module_many.state(), many.state(), strict=True):
        np.testing.assert_allclose(of_module, of_stepper, rtol=1e-4, atol=1e-4)
    for each in (module_many, many):
        each.select(np.array([n_streams - 1, 0]))
    np.testing.assert_allclose(module_many.step(ids[:1].repeat(2)), many.step(ids[:1].repeat(2)), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(module.step(ids[:1]), stepper.step(ids[:1]), rtol=1e-4, atol=1e-4)
