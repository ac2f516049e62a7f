"""Nats per token: exact on a uniform model, and independent of how a stream is cut."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from seqgen.config import ModelConfig
from seqgen.corpus import Batch, Streams
from seqgen.models import Decoder, build_model
from seqgen.scoring import batch_nats, score_batch, sum_nats, token_nats
from tests.tiny import MODEL_CONFIGS, V

every_model = pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())


def make(config: ModelConfig) -> Decoder:
    torch.manual_seed(0)
    return build_model(config).double()


def ids(length: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.random.default_rng(0).integers(1, V, length)


def test_a_uniform_model_costs_exactly_ln_v_a_token() -> None:
    model = make(MODEL_CONFIGS["lstm"])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    nats = sum_nats(model, Streams(ids(500), n_streams=1, window=64))
    assert nats == pytest.approx(500 * math.log(V), rel=1e-6)


@every_model
def test_one_stream_costs_the_same_in_windows_of_any_length(config: ModelConfig) -> None:
    model = make(config)
    costs = [sum_nats(model, Streams(ids(300), n_streams=1, window=window)) for window in (1, 7, 299, 300, 1000)]
    assert costs == pytest.approx([costs[0]] * 5, rel=1e-6)


@every_model
def test_every_token_is_scored_once_though_they_do_not_divide_among_the_streams(config: ModelConfig) -> None:
    model = make(config)
    streams = Streams(ids(103), n_streams=4, window=10)
    assert sum(nats.size for nats in token_nats(model, streams)) == streams.n_targets == 103


def test_the_left_over_tokens_continue_the_last_stream() -> None:
    model = make(MODEL_CONFIGS["lstm"]).eval()
    *_, rest = token_nats(model, Streams(ids(23), n_streams=2, window=50))
    last = ids(23)[10:]  # the last stream's inputs, from the id before its first target on
    logits, _ = model(torch.from_numpy(last[:-1])[None])
    expected = torch.nn.functional.cross_entropy(logits[0], torch.from_numpy(last[1:]), reduction="none")
    np.testing.assert_allclose(rest[0], expected[-1:].detach().numpy(), rtol=1e-6)


def test_a_batch_in_which_streams_start_anew_is_read_from_an_empty_state() -> None:
    model = make(MODEL_CONFIGS["gru"]).eval()
    batch = Streams(ids(20), n_streams=2, window=5)[0]
    first, state = score_batch(model, batch)
    np.testing.assert_array_equal(score_batch(model, batch, state=state)[0], first)
    assert not np.array_equal(score_batch(model, replace(batch, starts_anew=False), state=state)[0], first)


@every_model
def test_a_masked_target_adds_nothing_to_nats_or_gradients(config: ModelConfig) -> None:
    def gradients(batch: Batch) -> list[torch.Tensor]:
        found = torch.autograd.grad(batch_nats(model, batch)[0].sum(), list(model.parameters()))
        return [gradient.to_dense() for gradient in found]

    model = make(config).eval()
    whole = Streams(ids(20), n_streams=2, window=10)[0]
    mask = np.zeros((2, 10), dtype=np.bool_)
    mask[:, :4] = True
    masked = replace(whole, mask=mask)
    beginning = replace(whole, inputs=whole.inputs[:, :4], targets=whole.targets[:, :4])
    nats = score_batch(model, masked)[0]
    np.testing.assert_allclose(nats[:, :4], score_batch(model, beginning)[0], rtol=1e-6)
    assert (nats[:, 4:] == 0).all()
    for gradient, expected in zip(gradients(masked), gradients(beginning), strict=True):
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-7)


def test_scoring_turns_dropout_off_and_leaves_the_model_as_it_was() -> None:
    model = make(MODEL_CONFIGS["lstm"]).train()
    streams = Streams(ids(200), n_streams=2, window=20)
    assert sum_nats(model, streams) == sum_nats(model, streams)
    assert model.training


@every_model
def test_scores_in_bfloat16_are_close_to_those_in_float32(config: ModelConfig) -> None:
    torch.manual_seed(0)
    model = build_model(config)
    streams = Streams(ids(300), n_streams=2, window=50)
    assert sum_nats(model, streams, precision="bfloat16") == pytest.approx(
        sum_nats(model, streams, precision="float32"), rel=0.01
    )
