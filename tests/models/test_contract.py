"""What every decoder promises, over the registry."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from seqgen.config import ModelConfig
from seqgen.models import (
    DECODERS,
    Decoder,
    build_model,
    count_parameters,
    detach,
    load_weights,
    matmul_precision,
    read_weights,
)
from tests.tiny import MODEL_CONFIGS, V

B, T = 3, 40

every_model = pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())


def make(config: ModelConfig) -> Decoder:
    """A model in float64 whose every weight matters."""
    torch.manual_seed(1)
    model = build_model(config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


def some_ids(length: int = T) -> Tensor:
    return torch.randint(0, V, (B, length), generator=torch.Generator().manual_seed(2))


def test_registry_names_every_cell_of_the_configuration() -> None:
    assert {config.cell for config in MODEL_CONFIGS.values()} == set(DECODERS)


@every_model
def test_logits_and_state_have_the_streams_first(config: ModelConfig) -> None:
    logits, state = make(config)(some_ids())
    assert logits.shape == (B, T, V)
    assert all(len(tensor) == B for tensor in state)


@every_model
def test_windows_with_carried_state_equal_one_long_pass(config: ModelConfig) -> None:
    model, ids = make(config), some_ids()
    whole, last = model(ids)
    state, parts = None, []
    for start, end in ((0, 1), (1, 14), (14, 15), (15, T)):
        logits, state = model(ids[:, start:end], state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-10)
    assert state is not None
    for one, other in zip(state, last, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


@every_model
def test_no_position_sees_what_comes_after_it(config: ModelConfig) -> None:
    model, ids = make(config), some_ids()
    changed = ids.clone()
    changed[:, 20:] = (changed[:, 20:] + 1) % V
    before, after = model(ids)[0], model(changed)[0]
    torch.testing.assert_close(before[:, :20], after[:, :20], rtol=0, atol=0)
    assert not torch.allclose(before[:, 20:], after[:, 20:])


@every_model
def test_streams_do_not_see_one_another(config: ModelConfig) -> None:
    model, ids = make(config), some_ids()
    changed = ids.clone()
    changed[0] = (changed[0] + 1) % V
    torch.testing.assert_close(model(ids)[0][1:], model(changed)[0][1:], rtol=0, atol=1e-12)


@every_model
def test_a_detached_state_carries_no_gradient(config: ModelConfig) -> None:
    _, state = make(config)(some_ids())
    assert not any(tensor.requires_grad for tensor in detach(state))


@every_model
def test_weights_read_from_one_model_make_another_the_same(config: ModelConfig) -> None:
    model = make(config)
    torch.manual_seed(99)
    other = build_model(config).double().eval()
    load_weights(other, read_weights(model))
    torch.testing.assert_close(other(some_ids())[0], model(some_ids())[0], rtol=0, atol=0)


@every_model
def test_every_weight_receives_a_gradient(config: ModelConfig) -> None:
    model = make(config)
    model(some_ids())[0].square().sum().backward()
    # with a memory of one, attention cannot choose, so queries and keys do not matter
    idle = ("query", "key") if getattr(config, "memory", 2) == 1 else ()
    for name, parameter in model.named_parameters():
        if not any(word in name for word in idle):
            assert parameter.grad is not None
            assert parameter.grad.abs().sum() > 0, name


def test_tied_weights_are_one_matrix() -> None:
    tied, free = build_model(MODEL_CONFIGS["lstm-tied"]), build_model(MODEL_CONFIGS["lstm"])
    names = {name for name, _ in tied.named_parameters()}
    assert "head.weight" not in names
    assert "head.weight" in {name for name, _ in free.named_parameters()}
    assert count_parameters(tied) == sum(array.size for array in read_weights(tied).values())


@every_model
def test_matrices_are_all_two_dimensional_weights_but_embedding_and_output_layer(config: ModelConfig) -> None:
    model = build_model(config)
    outside = {"embedding.weight", "head.weight"}
    if getattr(config, "d_embedding", 1) is None:  # over one-hot vectors the first input weights are the embedding
        outside.add("layers.0.cell.weight_ih_l0")
    expected = {id(weight) for name, weight in model.named_parameters() if weight.dim() == 2 and name not in outside}
    found = [id(matrix.weight) for matrix in model.matrices()]
    assert set(found) == expected
    assert len(found) == len(expected) > 0


@every_model
def test_the_blocks_of_a_matrix_divide_its_rows(config: ModelConfig) -> None:
    n_gates = {"rnn": 1, "lstm": 4, "gru": 3, "transformer": 1}[config.cell]
    for matrix in build_model(config).matrices():
        assert matrix.n_blocks == n_gates
        assert len(matrix.weight) % matrix.n_blocks == 0


@every_model
def test_logits_are_the_output_layer_over_the_features(config: ModelConfig) -> None:
    model, ids = make(config), some_ids()
    features, state = model.features(ids, None)
    logits, other = model(ids)
    torch.testing.assert_close(model.head(features), logits, rtol=0, atol=0)
    assert all(torch.equal(one, two) for one, two in zip(state, other, strict=True))


@every_model
def test_products_in_bfloat16_give_nearly_the_same_logits_and_a_state_in_float32(config: ModelConfig) -> None:
    model, ids = make(config).float(), some_ids()
    expected = model(ids)[0]
    with matmul_precision("bfloat16", torch.device("cpu")):
        logits, state = model(ids[:, :20])
        rest, _ = model(ids[:, 20:], state)
    error = (torch.cat([logits, rest], dim=1).float() - expected).norm()
    assert 0 < error < 0.1 * expected.norm()
    assert all(tensor.dtype == torch.float32 for tensor in state if tensor.is_floating_point())
