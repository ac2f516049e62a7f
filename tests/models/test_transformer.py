"""What only the Transformer has: an attention window, rotary positions, streams without end."""

from __future__ import annotations

import pytest
import torch

from seqgen.config import TransformerConfig
from seqgen.models import build_model
from seqgen.models.attention import attend, attention_weights, rotate, sliding_window
from seqgen.models.transformer import TransformerDecoder


def one_layer(memory: int) -> TransformerDecoder:
    config = TransformerConfig(
        vocab_size=7, n_layer=1, d_model=8, n_head=2, d_head=4, d_feedforward=12, memory=memory, dropout=0.0
    )
    torch.manual_seed(0)
    model = build_model(config).double().eval()
    assert isinstance(model, TransformerDecoder)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model


def test_a_position_sees_itself_and_the_memory_minus_one_before_it() -> None:
    window = sliding_window(n_time=2, n_before=3, memory=3, device=torch.device("cpu"))
    assert window.int().tolist() == [[0, 1, 1, 1, 0], [0, 0, 1, 1, 1]]


def test_one_layer_forgets_exactly_what_lies_beyond_its_attention_window() -> None:
    model, ids = one_layer(memory=4), torch.arange(10)[None] % 7
    changed = ids.clone()
    changed[0, 5] = (changed[0, 5] + 3) % 7
    differs = (model(ids)[0] - model(changed)[0]).abs().amax(dim=2)[0] > 1e-9
    assert differs.tolist() == [False] * 5 + [True] * 4 + [False]


def test_the_state_never_holds_more_than_memory_minus_one_positions() -> None:
    model = one_layer(memory=4)
    state = None
    for _ in range(3):
        _, state = model(torch.zeros(2, 5, dtype=torch.long), state)
    assert state is not None
    keys, values, position = state
    assert keys.shape[2] == values.shape[2] == 3
    assert position.tolist() == [15, 15]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_without_a_mask_each_query_sees_itself_and_what_is_before_it(dtype: torch.dtype) -> None:
    query, keys, values = torch.randn(3, 2, 2, 9, 4).to(dtype)
    before = torch.ones(9, 9, dtype=torch.bool).tril()
    expected = attend(query.float(), keys.float(), values.float(), before)
    torch.testing.assert_close(attend(query, keys, values, None).float(), expected, rtol=0.05, atol=0.05)
    weights = attention_weights(query, keys, before)
    assert torch.equal(attention_weights(query, keys, None), weights)


@pytest.mark.parametrize("mask", ["none", "of all queries", "of each query"])
def test_queries_that_attend_in_parts_read_the_same(mask: str, monkeypatch: pytest.MonkeyPatch) -> None:
    query, keys, values = torch.randn(3, 2, 2, 9, 4).bfloat16()
    of_each = torch.rand(2, 1, 9, 9) < 0.5
    of_each[..., 0] = True
    allowed = {"none": None, "of all queries": of_each[:, :, :1], "of each query": of_each}[mask]
    whole = attend(query, keys, values, allowed)
    monkeypatch.setattr("seqgen.models.attention._MOST_SCORES", 2 * 2 * 9 * 4)
    with torch.no_grad():
        torch.testing.assert_close(attend(query, keys, values, allowed), whole)


def test_with_too_many_scores_to_keep_for_the_gradient_both_are_nearly_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mask = sliding_window(n_time=9, n_before=0, memory=4, device=torch.device("cpu"))
    given = torch.randn(3, 2, 2, 9, 4).bfloat16()
    results = []
    for most in (2 * 2 * 9 * 9, 2 * 2 * 9 * 9 - 1):
        monkeypatch.setattr("seqgen.models.attention._MOST_FOR_GRADIENT", most)
        query, keys, values = given.clone().requires_grad_()
        output = attend(query, keys, values, mask)
        (gradient,) = torch.autograd.grad(output.float().square().sum(), query)
        results.append(torch.stack([output, gradient]).float())
    torch.testing.assert_close(*results, rtol=0.05, atol=0.05)


def test_a_dot_product_after_rotation_depends_on_the_distance_alone() -> None:
    def turned(x: torch.Tensor, position: int) -> torch.Tensor:
        angles = position * torch.tensor([1.0, 0.1], dtype=torch.float64)
        return rotate(x, (angles.cos(), angles.sin()))

    query, key = torch.randn(2, 4, dtype=torch.float64)
    near = turned(query, 5) @ turned(key, 2)
    far = turned(query, 1_000_005) @ turned(key, 1_000_002)
    torch.testing.assert_close(near, far, rtol=0, atol=1e-8)


def test_attention_is_its_weights_times_the_values() -> None:
    query, keys, values = (torch.randn(2, 3, length, 4, dtype=torch.float64) for length in (5, 9, 9))
    mask = sliding_window(n_time=5, n_before=4, memory=3, device=torch.device("cpu"))
    expected = attend(query, keys, values, mask)
    torch.testing.assert_close(attention_weights(query, keys, mask) @ values, expected, rtol=0, atol=1e-12)


def test_a_stream_far_along_gives_the_same_logits_as_one_at_its_beginning() -> None:
    """Only distances count, and the angles stay exact: after a million positions nothing has drifted."""
    model = one_layer(memory=4)
    ids = torch.randint(0, 7, (1, 12), generator=torch.Generator().manual_seed(3))
    _, (keys, values, position) = model(ids[:, :0])
    here = model(ids, (keys, values, position))[0]
    far = model(ids, (keys, values, position + 1_000_000))[0]
    torch.testing.assert_close(here, far, rtol=0, atol=1e-8)
