"""What heads look at: planted ones are found, hardly any other, and uniform ones have the numbers of chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqgen.inspection.heads import Head, HeadCounter, measure_heads, measure_repeats
from seqgen.inspection.token_text import TokenText
from seqgen.models import Decoder, build_model, load_weights
from tests.inspection.planted import quoted_text, tokenizer_of, transformer_config, with_heads


def text_of(n: int, *, vocab_size: int) -> TokenText:
    """Random tokens."""
    ids = np.random.default_rng(0).integers(1, vocab_size, n)
    return TokenText.of(ids, tokenizer_of(quoted_text(2000)))


def planted() -> Decoder:
    config = transformer_config()
    model = build_model(config).eval()
    load_weights(model, with_heads(config))
    return model


def kinds(model: Decoder) -> dict[str, str]:
    heads, chance, _ = measure_heads(model, text_of(300, vocab_size=model.vocab_size))
    return {head.name: head.kind(chance=chance) for head in heads}


def test_a_planted_previous_token_head_and_a_planted_induction_head_are_found() -> None:
    assert kinds(planted()) == {"0:0": "previous token", "0:1": "", "1:0": "induction", "1:1": ""}


def test_a_head_that_looks_everywhere_has_the_numbers_of_chance() -> None:
    heads, chance, _ = measure_heads(planted(), text_of(300, vocab_size=24))
    for head in (heads[1], heads[3]):
        assert head.distance == pytest.approx(chance.distance, abs=0.01)
        assert head.previous == pytest.approx(chance.previous, abs=0.001)
        assert head.entropy_bits == pytest.approx(chance.entropy_bits, abs=0.02)
        assert head.induction == pytest.approx(chance.induction, abs=0.01)


def test_untrained_networks_have_no_heads_of_any_kind() -> None:
    """80 heads of 20 networks."""
    found = []
    for seed in range(20):
        torch.manual_seed(seed)
        found += [kind for kind in kinds(build_model(transformer_config()).eval()).values() if kind]
    assert not found


def test_a_head_that_always_looks_equally_far_back_is_no_induction_head() -> None:
    """With a key that is 22 steps ahead, a head looks where the longer sequence has its last occurrence."""
    config = transformer_config(n_layer=1)
    weights = with_heads(transformer_config())
    half = config.d_head // 2
    key = weights["blocks.0.attention.key.weight"]
    angles = config.rope_base ** -(np.arange(half) / half)
    weights["blocks.0.attention.query.weight"][:4, 0] = 1
    for pair in range(4):
        key[pair, 0], key[half + pair, 0] = np.cos(22 * angles[pair]), np.sin(22 * angles[pair])
    model = build_model(config).eval()
    load_weights(model, weights)
    ids = torch.tensor([[0, *range(1, 24), *range(1, 24)]])
    with torch.no_grad():
        attention = model.trace(ids).attention
    assert attention is not None and float(attention[0, 0, 0, 40, 18]) > 0.3  # 22 back: after the last occurrence
    repeats = measure_repeats(model, reach=64)
    assert repeats is not None and repeats.length == 23 and repeats.scores[0, 0] < 0.1


def test_the_second_time_random_tokens_cost_as_much_as_the_first_without_training() -> None:
    repeats = measure_repeats(build_model(transformer_config()).eval(), reach=64)
    assert repeats is not None
    assert repeats.first_bits == pytest.approx(math.log2(24), abs=1.5)
    assert repeats.second_bits == pytest.approx(repeats.first_bits, abs=0.3)


@pytest.mark.parametrize("memory", [5, 64, 200])
def test_how_far_a_model_can_look_back_is_seen_from_what_it_carries(memory: int) -> None:
    model = build_model(transformer_config(memory=memory)).eval()
    heads, chance, repeats = measure_heads(model, text_of(150, vocab_size=24))
    assert (repeats is None) == (memory == 5)
    visible = np.minimum(np.arange(32, 151) + 1, memory).mean()
    assert chance.distance == pytest.approx((visible - 1) / 2)
    assert all(head.distance < memory for head in heads)


def test_means_do_not_depend_on_how_a_text_is_cut() -> None:
    torch.manual_seed(0)
    weights = torch.rand(2, 1, 3, 6, 6).tril()
    weights /= weights.sum(dim=-1, keepdim=True)
    whole, cut = HeadCounter(skipped=1), HeadCounter(skipped=1)
    whole.add(weights)
    cut.add(weights[..., :4, :4])
    cut.add(weights[..., 4:, :])
    for name, means in whole.means().items():
        np.testing.assert_allclose(means, cut.means()[name])
    assert whole.visible == cut.visible == 4


def test_a_head_must_be_far_above_chance_where_a_model_sees_little() -> None:
    head = Head(layer=0, number=0, distance=1, itself=0.1, previous=0.5, entropy_bits=1, induction=None)
    assert head.kind(chance=Head.of_chance(visible=4, sequence=None)) == ""
    assert head.kind(chance=Head.of_chance(visible=9, sequence=None)) == "previous token"
