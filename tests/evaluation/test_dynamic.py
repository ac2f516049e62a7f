"""Dynamic evaluation: it learns what it has scored and nothing else, and leaves the model as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqgen.config import MODEL_CONFIGS
from seqgen.evaluation import Context, DynamicEvaluation
from seqgen.models import Decoder, build_model
from tests import tiny

SEGMENT = 32
TRAIN = np.random.default_rng(0).integers(1, tiny.V, 400)
IDS = np.random.default_rng(1).integers(1, tiny.V, 100)

every_cell = pytest.mark.parametrize("cell", MODEL_CONFIGS)


def model_of(cell: str) -> Decoder:
    torch.manual_seed(0)
    return build_model(tiny.MODEL_CONFIGS[cell]).eval()


def nats(mode: Context | DynamicEvaluation, model: Decoder, ids: np.ndarray = IDS) -> np.ndarray:
    return np.concatenate(list(mode.nats(model, ids)))


@every_cell
def test_with_a_learning_rate_of_zero_it_equals_a_carried_context(cell: str) -> None:
    model = model_of(cell)
    still = nats(DynamicEvaluation(TRAIN, rate=0.0), model)
    np.testing.assert_allclose(still, nats(Context(), model), rtol=1e-5)


@every_cell
def test_a_token_is_scored_before_it_is_learned(cell: str) -> None:
    """The nats of a token do not depend on what follows it, however high the learning rate."""
    model = model_of(cell)
    changed = IDS.copy()
    changed[70:] = 1
    before, after = (nats(DynamicEvaluation(TRAIN, rate=1e-2), model, ids) for ids in (IDS, changed))
    np.testing.assert_array_equal(before[:70], after[:70])
    np.testing.assert_allclose(before[:SEGMENT], nats(Context(), model)[:SEGMENT], rtol=1e-5)


@every_cell
def test_the_model_is_unchanged_and_every_text_starts_from_it(cell: str) -> None:
    model = model_of(cell)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    mode = DynamicEvaluation(TRAIN, rate=1e-2)
    np.testing.assert_array_equal(nats(mode, model), nats(mode, model))
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])


@every_cell
def test_a_text_that_repeats_itself_becomes_cheaper(cell: str) -> None:
    ids = np.tile(IDS[:8], 120)
    model = model_of(cell)
    learned, still = nats(DynamicEvaluation(TRAIN, rate=1e-3, decay=0.0), model, ids), nats(Context(), model, ids)
    assert learned[480:].mean() < 0.95 * still[480:].mean()


def gradients_of(
    model: Decoder, ids: np.ndarray, state: tuple[torch.Tensor, ...] | None, before: int
) -> tuple[tuple[torch.Tensor, ...], np.ndarray, tuple[torch.Tensor, ...]]:
    """The gradients of the mean nats of a segment, those nats, and the state after it."""
    inputs, targets = torch.tensor([[before, *ids[:-1]]]), torch.from_numpy(ids)
    logits, state = model(inputs, state)
    nats = F.cross_entropy(logits[0], targets, reduction="none")
    found = torch.autograd.grad(nats.mean(), list(model.parameters()))
    return found, nats.detach().numpy(), tuple(part.detach() for part in state)


@pytest.mark.parametrize("decay", [0.0, 0.01, 0.7])
def test_the_steps_are_those_of_the_paper(decay: float) -> None:
    """Three segments by hand. A decay of 0.7 is so strong that it pulls some weights all the way back."""
    model, rate = model_of("lstm"), 0.01
    weights = list(model.parameters())
    begun = [weight.detach().clone() for weight in weights]
    first, second = TRAIN[:SEGMENT], TRAIN[SEGMENT : 2 * SEGMENT]
    one, _, state = gradients_of(model, first, None, 0)
    other, _, _ = gradients_of(model, second, state, int(first[-1]))
    sizes = [((a**2 + b**2) / 2).sqrt() for a, b in zip(one, other, strict=True)]
    mean = sum(size.sum() for size in sizes) / sum(size.numel() for size in sizes)
    assert decay < 0.7 or any((decay * size / mean > 1).any() for size in sizes)
    found = nats(DynamicEvaluation(TRAIN[: 2 * SEGMENT], rate=rate, decay=decay), model, IDS[: 3 * SEGMENT])
    carried: tuple[torch.Tensor, ...] | None = None
    before = 0
    for start in range(0, 3 * SEGMENT, SEGMENT):
        segment = IDS[start : start + SEGMENT]
        gradients, expected, carried = gradients_of(model, segment, carried, before)
        np.testing.assert_allclose(found[start : start + SEGMENT], expected, rtol=1e-4)
        before = int(segment[-1])
        with torch.no_grad():
            for weight, gradient, size, beginning in zip(weights, gradients, sizes, begun, strict=True):
                back = torch.minimum(decay * size / mean, torch.ones_like(size)) * (weight - beginning)
                weight.sub_(rate * gradient / (size + 1e-4) + back)


def test_dropout_is_off() -> None:
    model = model_of("lstm").train()
    np.testing.assert_array_equal(nats(DynamicEvaluation(TRAIN), model), nats(DynamicEvaluation(TRAIN), model))
    assert model.training


def test_decay_pulls_weights_back_to_where_they_began() -> None:
    """With the strongest decay each step is undone by the next, so less is learned."""
    model, ids = model_of("lstm"), np.tile(IDS[:8], 40)
    free, held = (nats(DynamicEvaluation(TRAIN, rate=3e-3, decay=decay), model, ids).sum() for decay in (0.0, 100.0))
    assert free < held
