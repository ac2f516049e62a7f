"""The weights of every decoder with every encoder: their gradients, their names, and how they start."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from seqgen.config import EncoderConfig, ModelConfig, TransformerConfig
from seqgen.models import build_model, detach, load_weights, matmul_precision, read_weights
from seqgen.scoring import batch_nats
from tests.models.pairs import LENGTHS, B, alone, make, some_batch, some_ids, some_sources
from tests.tiny import PAIR_CONFIGS, SOURCE_V, V

every_pair = pytest.mark.parametrize(("config", "encoder"), PAIR_CONFIGS.values(), ids=PAIR_CONFIGS.keys())


@every_pair
def test_a_pair_costs_the_same_alone_and_in_a_batch_and_so_do_its_gradients(
    config: ModelConfig, encoder: EncoderConfig
) -> None:
    model, batch = make(config, encoder), some_batch()
    weights = list(model.dense_parameters())
    together = batch_nats(model, batch)[0].sum(dim=1)
    apart = torch.stack([batch_nats(model, alone(batch, number))[0].sum() for number in range(B)])
    torch.testing.assert_close(together, apart, rtol=1e-5, atol=1e-5)
    found, expected = (torch.autograd.grad(nats.sum(), weights) for nats in (together, apart))
    for gradient, of_pairs in zip(found, expected, strict=True):
        torch.testing.assert_close(gradient, of_pairs, rtol=1e-5, atol=1e-5)


@every_pair
def test_matrices_are_all_two_dimensional_weights_but_those_that_meet_a_vocabulary(
    config: ModelConfig, encoder: EncoderConfig
) -> None:
    model = build_model(config, encoder)
    sizes = {V, SOURCE_V}
    expected = {id(weight) for weight in model.dense_parameters() if weight.dim() == 2 and not sizes & {*weight.shape}}
    found = [id(matrix.weight) for matrix in model.matrices()]
    assert set(found) == expected
    assert len(found) == len(expected)
    assert all(len(matrix.weight) % matrix.n_blocks == 0 for matrix in model.matrices())


@every_pair
def test_every_weight_receives_a_gradient(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    model(some_ids(), model.start(some_sources(), LENGTHS))[0].square().sum().backward()
    # Where there is one position to attend to, there is nothing to choose: queries and keys do not matter.
    idle = () if encoder.attention else tuple(f"cross.{part}" for part in ("norm", "query", "key"))
    if getattr(config, "memory", 2) == 1:
        idle += ("blocks.0.attention.query", "blocks.0.attention.key", "blocks.1.attention.query")
        idle += ("blocks.1.attention.key",)
    for name, parameter in model.named_parameters():
        if not any(word in name for word in idle):
            assert parameter.grad is not None
            assert parameter.grad.abs().sum() > 0, name


@every_pair
def test_weights_read_from_one_model_make_another_the_same(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    torch.manual_seed(99)
    other = build_model(config, encoder).double().eval()
    load_weights(other, read_weights(model))
    one, same = (each(some_ids(), each.start(some_sources(), LENGTHS))[0] for each in (model, other))
    torch.testing.assert_close(one, same, rtol=0, atol=0)


@every_pair
def test_a_decoder_starts_with_the_weights_that_it_has_without_an_encoder(
    config: ModelConfig, encoder: EncoderConfig
) -> None:
    if isinstance(config, TransformerConfig):  # its blocks attend to the source too, so that all later draws differ
        return
    torch.manual_seed(4)
    plain = read_weights(build_model(config))
    torch.manual_seed(4)
    weights = read_weights(build_model(config, encoder))
    assert all(np.array_equal(weights[name], array) for name, array in plain.items())
    assert weights.keys() > plain.keys()


@every_pair
def test_gradients_are_those_of_finite_differences(config: ModelConfig, encoder: EncoderConfig) -> None:
    """Along one random direction through all weights, over two windows with the state between them."""
    model, ids = make(config, encoder), some_ids()
    draw = torch.Generator().manual_seed(5)
    weights = list(model.parameters())
    direction = [torch.randn(weight.shape, generator=draw, dtype=torch.float64) for weight in weights]

    def objective() -> Tensor:
        _, state = model(ids[:, :5], model.start(some_sources(), LENGTHS))
        logits: Tensor = model(ids[:, 5:], state)[0]
        return logits.square().sum()

    gradients = torch.autograd.grad(objective(), weights)
    slope = sum((gradient * way).sum().item() for gradient, way in zip(gradients, direction, strict=True))
    values = []
    with torch.no_grad():
        for step in (1e-6, -2e-6):  # forth, and back to the other side
            for weight, way in zip(weights, direction, strict=True):
                weight.add_(way, alpha=step)
            values.append(objective().item())
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope, rel=1e-4)


@every_pair
def test_matrix_multiplications_in_bfloat16_give_nearly_the_same_logits_and_a_state_in_float32(
    config: ModelConfig, encoder: EncoderConfig
) -> None:
    model, ids = make(config, encoder).float(), some_ids()
    expected = model(ids, model.start(some_sources(), LENGTHS))[0]
    with matmul_precision("bfloat16", torch.device("cpu")):
        begun = model.start(some_sources(), LENGTHS)
        logits, state = model(ids, begun)
    error = (logits.float() - expected).norm()
    assert 0 < error < 0.1 * expected.norm()
    assert all(tensor.dtype == torch.float32 for tensor in (*begun, *state) if tensor.is_floating_point())
    logits.float().sum().backward()


def test_later_windows_of_a_detached_state_leave_the_encoder_alone() -> None:
    model = make(*PAIR_CONFIGS["lstm-bidirectional-attention"])
    _, state = model(some_ids(), model.start(some_sources(), LENGTHS))
    model(some_ids(), detach(state))[0].sum().backward()
    assert all(
        weight.grad is None for name, weight in model.named_parameters() if name.startswith(("encoder", "bridge"))
    )
    assert model.get_parameter("attention.query.weight").grad is not None
