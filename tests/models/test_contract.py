"""What every decoder of the registry promises."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from seqgen.config import ModelConfig, TransformerConfig
from seqgen.models import (
    DECODERS,
    Decoder,
    Matrix,
    build_model,
    count_parameters,
    detach,
    load_weights,
    matmul_precision,
    read_weights,
)
from seqgen.models.recurrent import RecurrentDecoder
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


def test_the_registry_names_every_cell_of_the_configuration() -> None:
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
    for carried, of_long_pass in zip(state, last, strict=True):
        torch.testing.assert_close(carried, of_long_pass, rtol=0, atol=1e-10)


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
def test_the_latest_part_of_a_state_is_what_the_last_position_wrote(config: ModelConfig) -> None:
    """Ids that are read before decide it; it has the streams first, and the same size however long the window was."""
    model, ids = make(config), some_ids()
    latest = model.latest(model(ids)[1])
    assert all(len(tensor) == B and tensor.is_floating_point() for tensor in latest)
    after_two = model.latest(model(ids[:, :2])[1])
    assert [tensor.shape for tensor in after_two] == [tensor.shape for tensor in latest]


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
    # With an attention window of 1 there is nothing to choose, so queries and keys do not matter.
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
def test_matrices_are_all_two_dimensional_weights_but_those_that_meet_the_vocabulary(config: ModelConfig) -> None:
    """Embedding, output layer and, over one-hot vectors, the input matrix of the first layer: no other size is V.

    The tables of n-grams meet a vocabulary of their own.
    """
    model = build_model(config)
    expected = {id(weight) for weight in model.dense_parameters() if weight.dim() == 2 and V not in weight.shape}
    found = [id(matrix.weight) for matrix in model.matrices()]
    assert set(found) == expected
    assert len(found) == len(expected) > 0


def is_map_of_ngrams(model: Decoder, matrix: Matrix) -> bool:
    return model.ngrams is not None and matrix.weight is model.ngrams.map.weight


@every_model
def test_the_blocks_of_a_matrix_are_gates_of_the_width_or_the_whole_matrix(config: ModelConfig) -> None:
    model = build_model(config)
    for matrix in model.matrices():
        is_gated = isinstance(model, RecurrentDecoder) and not is_map_of_ngrams(model, matrix)
        n_rows = config.d_model if is_gated else len(matrix.weight)
        assert len(matrix.weight) == matrix.n_blocks * n_rows


@every_model
def test_gradients_are_those_of_finite_differences(config: ModelConfig) -> None:
    """Along one random direction through all weights, over two windows with the state between them."""
    model, ids = make(config), some_ids(16)
    draw = torch.Generator().manual_seed(3)
    weights = list(model.parameters())
    direction = [torch.randn(weight.shape, generator=draw, dtype=torch.float64) for weight in weights]

    def objective() -> Tensor:
        _, state = model(ids[:, :9])
        logits: Tensor = model(ids[:, 9:], state)[0]
        return logits.square().sum()

    gradients = torch.autograd.grad(objective(), weights, allow_unused=True)
    slope = sum(
        (gradient * way).sum().item()
        for gradient, way in zip(gradients, direction, strict=True)
        if gradient is not None
    )
    values = []
    with torch.no_grad():
        for step in (1e-6, -2e-6):  # forth, and back to the other side
            for weight, way in zip(weights, direction, strict=True):
                weight.add_(way, alpha=step)
            values.append(objective().item())
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope, rel=1e-5)


@every_model
def test_logits_are_the_output_layer_over_the_features(config: ModelConfig) -> None:
    model, ids = make(config), some_ids()
    features, state = model.features(ids, None)
    logits, after = model(ids)
    torch.testing.assert_close(model.head(features), logits, rtol=0, atol=0)
    assert all(torch.equal(tensor, expected) for tensor, expected in zip(state, after, strict=True))


@every_model
def test_a_trace_ends_in_the_features_and_the_state(config: ModelConfig) -> None:
    model, ids = make(config), some_ids()
    _, state = model(ids[:, :15])
    features, after = model.features(ids[:, 15:], state)
    trace = model.trace(ids[:, 15:], state)
    assert torch.equal(trace.features, features)
    assert all(torch.equal(traced, expected) for traced, expected in zip(trace.state, after, strict=True))
    assert trace.layers.shape == (config.n_layer, B, T - 15, config.d_model)
    final_norm = getattr(model, "norm", torch.nn.Identity())
    assert torch.equal(final_norm(trace.layers[-1]), features)


@every_model
def test_the_layers_of_a_trace_differ_and_see_nothing_that_comes_later(config: ModelConfig) -> None:
    model, ids = make(config), some_ids()
    changed = ids.clone()
    changed[:, 20:] = (changed[:, 20:] + 1) % V
    layers, other = model.trace(ids).layers, model.trace(changed).layers
    torch.testing.assert_close(layers[:, :, :20], other[:, :, :20], rtol=0, atol=0)
    assert not torch.allclose(layers[0], layers[1])


@every_model
def test_attention_weights_sum_to_one_within_the_window_and_to_nothing_outside_it(config: ModelConfig) -> None:
    model, ids = make(config), some_ids()
    _, state = model(ids[:, :15])
    attention = model.trace(ids[:, 15:], state).attention
    if not isinstance(config, TransformerConfig):
        assert attention is None
        return
    assert attention is not None
    n_before, n_time = min(15, config.memory - 1), T - 15
    assert attention.shape == (config.n_layer, B, config.n_head, n_time, n_before + n_time)
    torch.testing.assert_close(attention.sum(dim=-1), torch.ones_like(attention[..., 0]), rtol=0, atol=1e-12)
    age = torch.arange(n_before, n_before + n_time)[:, None] - torch.arange(n_before + n_time)
    is_seen = (age >= 0) & (age < config.memory)
    assert (attention > 0).eq(is_seen).all()


@every_model
def test_matrix_multiplications_in_bfloat16_give_nearly_the_same_logits_and_a_state_in_float32(
    config: ModelConfig,
) -> None:
    model, ids = make(config).float(), some_ids()
    expected = model(ids)[0]
    with matmul_precision("bfloat16", torch.device("cpu")):
        logits, state = model(ids[:, :20])
        rest, _ = model(ids[:, 20:], state)
    error = (torch.cat([logits, rest], dim=1).float() - expected).norm()
    assert 0 < error < 0.1 * expected.norm()
    assert all(tensor.dtype == torch.float32 for tensor in state if tensor.is_floating_point())
