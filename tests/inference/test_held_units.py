"""Units that are held: the same in NumPy and in torch, from the first step on, in forks as well."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqgen.config import LstmConfig, ModelConfig, UnitName, held_units, parse_held
from seqgen.errors import ConfigError
from seqgen.inference import build_stepper
from seqgen.models import Decoder, build_model, read_weights
from seqgen.stepping import ModuleStepper
from tests.tiny import MODEL_CONFIGS, V

every_model = pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())
SHAPE = {"vocab_size": V, "n_layer": 2, "d_model": 12, "d_embedding": 5, "dropout": 0.0, "input_dropout": 0.0}


def make(config: ModelConfig) -> Decoder:
    torch.manual_seed(1)
    model = build_model(config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def units_of(config: ModelConfig) -> dict[UnitName, float]:
    """A unit of the first layer, one of the last and, in an LSTM, a cell value."""
    units = {UnitName(0, 3): 0.5, UnitName(config.n_layer - 1, 7): -1.0}
    return units | ({UnitName(0, 5, is_cell=True): 2.0} if config.has_cell_values else {})


@every_model
def test_steps_with_held_units_equal_a_window_with_them(config: ModelConfig) -> None:
    model = make(config)
    units, ids = units_of(config), torch.randint(0, V, (3, 20))
    stepper = build_stepper(config, read_weights(model), n_streams=3)
    stepper.hold(units)
    model.hold(units)
    with torch.no_grad():
        expected, state = model(ids[:, :12])
        after, _ = model(ids[:, 12:], state)
    stepped = np.stack([stepper.step(column.numpy()).copy() for column in ids.T], axis=1)
    np.testing.assert_allclose(stepped, torch.cat((expected, after), dim=1).numpy(), rtol=0, atol=1e-9)


@every_model
def test_a_held_unit_changes_what_is_predicted_until_it_is_let_go(config: ModelConfig) -> None:
    weights, ids = read_weights(make(config)), np.arange(3)
    free, held = (build_stepper(config, weights, n_streams=3) for _ in range(2))
    held.hold({UnitName(0, 3): 5.0})
    assert np.abs(free.step(ids) - held.step(ids)).max() > 1e-4
    held.hold({})
    held.set_state(free.state())
    np.testing.assert_array_equal(free.step(ids), held.step(ids))


@every_model
def test_forks_and_selected_streams_hold_the_same_units(config: ModelConfig) -> None:
    weights, units = read_weights(make(config)), units_of(config)
    reader, expected = (build_stepper(config, weights, n_streams=n) for n in (1, 3))
    for stepper in (reader, expected):
        stepper.hold(units)
    reader.read([4, 2])
    for token in (4, 2):
        expected.step(np.full(3, token))
    forked = reader.fork(2)
    forked.select(np.array([0, 1, 0]))
    ids = np.array([1, 5, 6])
    for _ in range(4):
        np.testing.assert_allclose(forked.step(ids), expected.step(ids), rtol=0, atol=1e-12)


@every_model
def test_the_stepper_of_a_gpu_holds_units_while_it_reads_and_steps(config: ModelConfig) -> None:
    model, units, ids = make(config), units_of(config), [1, 2, 3, 4, 5]
    of_numpy = build_stepper(config, read_weights(model), n_streams=1)
    of_torch = ModuleStepper(model)
    for stepper in (of_numpy, of_torch):
        stepper.hold(units)
        stepper.read(ids)
    token = np.array([6])
    np.testing.assert_allclose(of_torch.step(token), of_numpy.step(token), rtol=0, atol=1e-9)


@pytest.mark.parametrize("is_cell", [False, True])
def test_holding_a_unit_at_the_value_that_it_has_anyway_changes_no_bit(is_cell: bool) -> None:
    """The planted unit 4 sees nothing and adds the same to its cell value in every step; its gates are constant."""
    config = LstmConfig(**SHAPE)  # type: ignore[arg-type]
    weights = {name: array.astype(np.float32) for name, array in read_weights(make(config)).items()}
    for gate, bias in enumerate((20.0, -40.0, 0.7, 0.3)):  # input open, forget shut, the new value, output
        row = gate * config.d_model + 4
        for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
            weights[f"layers.0.cell.{name}"][row] = 0.0
        weights["layers.0.cell.bias_ih_l0"][row] = bias
    free, held = (build_stepper(config, weights, n_streams=2) for _ in range(2))
    ids = np.random.default_rng(0).integers(0, V, (30, 2))
    free.step(ids[0])
    own = free.state()[1 if is_cell else 0][0, 4]
    free = build_stepper(config, weights, n_streams=2)
    held.hold({UnitName(0, 4, is_cell=is_cell): float(own)})
    for column in ids:
        np.testing.assert_array_equal(free.step(column), held.step(column))


@pytest.mark.parametrize("text", ["12", "0:", "0:-1=2", "a:1=2", "0:1", "0:1=", "0:x1=2", "0:1=inf"])
def test_what_names_no_unit_or_value_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"write LAYER:UNIT|must be a finite number"):
        held_units(parse_held([text]))
