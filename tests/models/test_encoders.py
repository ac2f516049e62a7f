"""What every decoder of the registry promises about sources with every encoder."""

from __future__ import annotations

import pytest
import torch

from seqgen.config import EncoderConfig, ModelConfig, TransformerConfig
from seqgen.models import build_model
from tests.models.pairs import LENGTHS, B, S, T, make, some_ids, some_sources
from tests.tiny import PAIR_CONFIGS, SOURCE_V, V

every_pair = pytest.mark.parametrize(("config", "encoder"), PAIR_CONFIGS.values(), ids=PAIR_CONFIGS.keys())


@every_pair
def test_what_stands_in_the_padding_does_not_matter(config: ModelConfig, encoder: EncoderConfig) -> None:
    model, sources = make(config, encoder), some_sources()
    filled = sources.where(torch.arange(S) < LENGTHS[:, None], 5)
    before, after = (model(some_ids(), model.start(ids, LENGTHS))[0] for ids in (sources, filled))
    torch.testing.assert_close(before, after, rtol=0, atol=1e-12)


@every_pair
def test_windows_of_targets_with_carried_state_equal_one_long_pass(config: ModelConfig, encoder: EncoderConfig) -> None:
    model, ids = make(config, encoder), some_ids()
    begun = model.start(some_sources(), LENGTHS)
    whole, last = model(ids, begun)
    state, parts = begun, []
    for start, end in ((0, 1), (1, 6), (6, 7), (7, T)):
        logits, state = model(ids[:, start:end], state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-10)
    for carried, of_long_pass in zip(state, last, strict=True):
        torch.testing.assert_close(carried, of_long_pass, rtol=0, atol=1e-10)


@every_pair
def test_the_state_has_the_streams_first_before_and_after_a_window(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    begun = model.start(some_sources(), LENGTHS)
    logits, after = model(some_ids(), begun)
    assert logits.shape == (B, T, V)
    assert all(
        len(one) == len(other) == B and one.dtype == other.dtype for one, other in zip(begun, after, strict=True)
    )


@every_pair
def test_the_first_prediction_depends_on_the_first_and_on_the_last_id_of_the_source(
    config: ModelConfig, encoder: EncoderConfig
) -> None:
    model, sources = make(config, encoder), some_sources()[:1]
    first = model(some_ids(1)[:1], model.start(sources, LENGTHS[:1]))[0]
    for place in (0, S - 1):
        changed = sources.clone()
        changed[0, place] = sources[0, place] % (SOURCE_V - 1) + 1
        other = model(some_ids(1)[:1], model.start(changed, LENGTHS[:1]))[0]
        assert (first - other).abs().max() > 1e-8


@every_pair
def test_only_an_encoder_that_reads_from_both_ends_sees_the_end_at_the_beginning(
    config: ModelConfig, encoder: EncoderConfig
) -> None:
    reader = make(config, encoder).encoder
    assert reader is not None
    changed = some_sources()
    changed[0, -1] = changed[0, -1] % (SOURCE_V - 1) + 1
    outputs, others = (reader(ids, LENGTHS)[0][0] for ids in (some_sources(), changed))
    assert not torch.allclose(outputs[-1], others[-1])
    assert torch.allclose(outputs[0], others[0], rtol=0, atol=1e-12) == (encoder.direction == "forward")


@every_pair
def test_no_target_sees_those_after_it_and_no_stream_another(config: ModelConfig, encoder: EncoderConfig) -> None:
    model, ids, sources = make(config, encoder), some_ids(), some_sources()
    changed, other_sources = ids.clone(), sources.clone()
    changed[:, 6:] = (changed[:, 6:] + 1) % V
    other_sources[0] = some_sources()[0].flip(0)
    before = model(ids, model.start(sources, LENGTHS))[0]
    after = model(changed, model.start(sources, LENGTHS))[0]
    torch.testing.assert_close(before[:, :6], after[:, :6], rtol=0, atol=1e-12)
    assert not torch.allclose(before[:, 6:], after[:, 6:])
    beside = model(ids, model.start(other_sources, LENGTHS))[0]
    torch.testing.assert_close(before[1:], beside[1:], rtol=0, atol=1e-12)


@every_pair
def test_the_state_grows_with_the_source_only_with_attention(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    short, long = (
        sum(tensor.numel() for tensor in model.start(torch.ones(1, n, dtype=torch.int64), torch.tensor([n])))
        for n in (2, 20)
    )
    assert (long > short) == encoder.attention


@every_pair
def test_attention_weights_sum_to_one_over_the_source_and_to_nothing_over_its_padding(
    config: ModelConfig, encoder: EncoderConfig
) -> None:
    model = make(config, encoder)
    trace = model.trace(some_ids(), model.start(some_sources(), LENGTHS))
    weights = trace.source_attention
    if not encoder.attention:
        assert weights is None
        return
    assert weights is not None
    is_transformer = isinstance(config, TransformerConfig)
    shape = (config.n_layer, B, config.n_head) if isinstance(config, TransformerConfig) else (1, B, 1)
    assert weights.shape == (*shape, T, S)
    assert (trace.attention is not None) == is_transformer
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones_like(weights[..., 0]), rtol=0, atol=1e-12)
    is_read = (torch.arange(S) < LENGTHS[:, None])[:, None, None].expand_as(weights)
    assert (weights > 0).eq(is_read).all()


@every_pair
def test_a_trace_ends_in_the_features_and_the_state(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder)
    begun = model.start(some_sources(), LENGTHS)
    features, after = model.features(some_ids(), begun)
    trace = model.trace(some_ids(), begun)
    assert torch.equal(trace.features, features)
    assert all(torch.equal(traced, expected) for traced, expected in zip(trace.state, after, strict=True))


def test_a_decoder_without_an_encoder_cannot_start_from_a_source() -> None:
    for cell in ("lstm", "transformer"):
        model = build_model(PAIR_CONFIGS[f"{cell}-forward"][0])
        with pytest.raises(AssertionError, match="no encoder"):
            model.start(some_sources(), LENGTHS)
