"""What a trace shows of the inside of recurrent layers: gates, and cell values."""

from __future__ import annotations

import pytest
import torch

from seqgen.config import ModelConfig, RecurrentConfig
from seqgen.models import Decoder, Inside, build_model
from tests.tiny import MODEL_CONFIGS, V

RECURRENT = {name: config for name, config in MODEL_CONFIGS.items() if isinstance(config, RecurrentConfig)}
every_recurrent = pytest.mark.parametrize("config", RECURRENT.values(), ids=RECURRENT.keys())


def make(config: ModelConfig) -> Decoder:
    torch.manual_seed(1)
    return build_model(config).double().eval()


def tensors_of(inside: Inside) -> dict[str, torch.Tensor]:
    """Everything that a layer shows of its inside."""
    others = {"kept": inside.kept, "cell": inside.cell}
    return {**inside.gates, **{name: tensor for name, tensor in others.items() if tensor is not None}}


@every_recurrent
def test_the_inside_does_not_depend_on_how_a_text_is_cut(config: ModelConfig) -> None:
    model, ids = make(config), torch.randint(0, V, (2, 30))
    with torch.no_grad():
        whole, first = model.trace(ids), model.trace(ids[:, :11])
        second = model.trace(ids[:, 11:], first.state)
    for inside, *pieces in zip(whole.inside, first.inside, second.inside, strict=True):
        cut = [tensors_of(piece) for piece in pieces]
        for name, tensor in tensors_of(inside).items():
            joined = torch.cat([piece[name] for piece in cut], dim=1)
            torch.testing.assert_close(tensor, joined, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["lstm", "lstm-one-hot", "lstm-ngrams"])
def test_the_cell_values_and_gates_of_an_lstm_are_those_of_its_output_and_state(name: str) -> None:
    model = make(MODEL_CONFIGS[name])
    with torch.no_grad():
        trace = model.trace(torch.randint(0, V, (2, 30)))
    for number, inside in enumerate(trace.inside):
        assert inside.cell is not None
        torch.testing.assert_close(inside.gates["output"] * inside.cell.tanh(), trace.layers[number])
        torch.testing.assert_close(inside.cell[:, -1], trace.state[2 * number + 1])


@pytest.mark.parametrize("name", ["gru", "mingru"])
def test_what_a_unit_keeps_and_what_it_takes_up_make_its_next_value(name: str) -> None:
    """h' = kept h + (1 - kept) n, and the new value n of a GRU lies between -1 and 1."""
    model = make(MODEL_CONFIGS[name])
    with torch.no_grad():
        trace = model.trace(torch.randint(0, V, (2, 30)))
    for number, inside in enumerate(trace.inside):
        assert inside.kept is not None and inside.cell is None
        h, kept = trace.layers[number], inside.kept[:, 1:]
        new = (h[:, 1:] - kept * h[:, :-1]) / (1 - kept)
        assert bool((kept > 0).all() and (kept < 1).all())
        if name == "gru":
            assert new.abs().max() < 1 + 1e-9


@pytest.mark.parametrize(("name", "gates"), [("rnn", []), ("gru", ["reset", "update"]), ("mingru", ["update"])])
def test_every_cell_names_its_gates(name: str, gates: list[str]) -> None:
    trace = make(MODEL_CONFIGS[name]).trace(torch.zeros(1, 3, dtype=torch.int64))
    assert [list(inside.gates) for inside in trace.inside] == [gates] * 2


def test_a_transformer_has_no_such_inside() -> None:
    assert make(MODEL_CONFIGS["transformer"]).trace(torch.zeros(1, 3, dtype=torch.int64)).inside == ()
