"""Dynamic evaluation: it learns what it has scored, nothing else, and leaves the model as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from seqgen.config import MODEL_CONFIGS
from seqgen.evaluation import Context, Dynamic
from seqgen.models import Decoder, build_model
from tests import tiny

SEGMENT = 32
TRAIN = np.random.default_rng(0).integers(1, tiny.V, 400)
IDS = np.random.default_rng(1).integers(1, tiny.V, 100)

every_cell = pytest.mark.parametrize("cell", MODEL_CONFIGS)


def model_of(cell: str) -> Decoder:
    torch.manual_seed(0)
    return build_model(tiny.MODEL_CONFIGS[cell]).eval()


def nats(rule: Context | Dynamic, model: Decoder, ids: np.ndarray = IDS) -> np.ndarray:
    return np.concatenate(list(rule.nats(model, ids)))


@every_cell
def test_without_a_rate_it_is_a_carried_context(cell: str) -> None:
    model = model_of(cell)
    still = nats(Dynamic(TRAIN, rate=0.0), model)
    np.testing.assert_allclose(still, nats(Context(), model), rtol=1e-5)


@every_cell
def test_a_token_is_scored_before_it_is_learned(cell: str) -> None:
    """What follows a token does not change its nats, however much is learned."""
    model = model_of(cell)
    other = IDS.copy()
    other[70:] = 1
    one, two = (nats(Dynamic(TRAIN, rate=1e-2), model, ids) for ids in (IDS, other))
    np.testing.assert_array_equal(one[:70], two[:70])
    np.testing.assert_allclose(one[:SEGMENT], nats(Context(), model)[:SEGMENT], rtol=1e-5)


@every_cell
def test_the_model_stays_as_it_is_and_every_text_begins_with_it(cell: str) -> None:
    model = model_of(cell)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    rule = Dynamic(TRAIN, rate=1e-2)
    np.testing.assert_array_equal(nats(rule, model), nats(rule, model))
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])


@every_cell
def test_a_text_that_repeats_itself_becomes_cheaper(cell: str) -> None:
    ids = np.tile(IDS[:8], 120)
    model = model_of(cell)
    learned, still = nats(Dynamic(TRAIN, rate=1e-3, decay=0.0), model, ids), nats(Context(), model, ids)
    assert learned[480:].mean() < 0.95 * still[480:].mean()


def test_a_step_is_that_of_the_paper() -> None:
    """The second segment, by hand: gradient over its usual size, and no pull yet, as nothing has moved."""
    model, rate = model_of("lstm"), 0.01
    weights = list(model.parameters())

    def gradients(ids: np.ndarray, state: tuple[torch.Tensor, ...] | None, before: int) -> tuple:  # type: ignore[type-arg]
        inputs, targets = torch.tensor([[before, *ids[:-1]]]), torch.tensor(ids)
        logits, state = model(inputs, state)
        loss = F.cross_entropy(logits[0], targets)
        return torch.autograd.grad(loss, weights), tuple(part.detach() for part in state)

    squares, state, before = [torch.zeros_like(weight) for weight in weights], None, 0
    for first in range(0, 64, SEGMENT):
        found, state = gradients(TRAIN[first : first + SEGMENT], state, before)
        before = int(TRAIN[first + SEGMENT - 1])
        squares = [square + gradient**2 / 2 for square, gradient in zip(squares, found, strict=True)]
    expected = nats(Dynamic(TRAIN[:64], rate=rate, decay=0.5), model, IDS[:64])
    found, state = gradients(IDS[:SEGMENT], None, 0)
    with torch.no_grad():
        for weight, gradient, square in zip(weights, found, squares, strict=True):
            weight.sub_(rate * gradient / (square.sqrt() + 1e-4))
        logits, _ = model(torch.from_numpy(IDS[None, SEGMENT - 1 : 63]), state)
        second = F.cross_entropy(logits[0], torch.from_numpy(IDS[SEGMENT:64]), reduction="none").numpy()
    np.testing.assert_allclose(expected[SEGMENT:], second, rtol=1e-4)


def test_weights_are_drawn_back_to_where_they_began() -> None:
    """With a pull of 1 wherever it counts, a step is forgotten at the next: less is learned."""
    model, ids = model_of("lstm"), np.tile(IDS[:8], 40)
    free, held = (nats(Dynamic(TRAIN, rate=3e-3, decay=decay), model, ids).sum() for decay in (0.0, 100.0))
    assert free < held
