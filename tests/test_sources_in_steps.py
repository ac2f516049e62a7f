"""A saved model with an encoder: restored as a torch module, mixed with an n-gram expert, and one step at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seqgen.config import EncoderConfig, ModelConfig
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import NgramExpert
from seqgen.models import read_weights
from seqgen.restored import MixedDecoder, restore_decoder
from seqgen.run import open_model
from seqgen.stepping import ModuleStepper
from tests.models.pairs import LENGTHS, B, make, some_ids, some_sources
from tests.tiny import PAIR_CONFIGS, V

CPU = torch.device("cpu")
every_pair = pytest.mark.parametrize(("config", "encoder"), PAIR_CONFIGS.values(), ids=PAIR_CONFIGS.keys())


@every_pair
def test_steps_from_a_source_equal_a_window(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder).float()
    with torch.no_grad():
        trace = model.trace(some_ids(), model.start(some_sources(), LENGTHS))
        expected = model.head(trace.features).numpy()
    stepper = ModuleStepper.build(config, read_weights(model), device=CPU, encoder=encoder)
    stepper.start(some_sources().numpy(), LENGTHS.numpy())
    assert stepper.source_attention is None
    for time, column in enumerate(some_ids().numpy().T):
        np.testing.assert_allclose(stepper.step(column), expected[:, time], atol=1e-4)
        weights = stepper.source_attention
        assert (weights is not None) == encoder.attention
        if weights is not None and trace.source_attention is not None:
            of_window = trace.source_attention[-1, :, :, time].mean(dim=1)
            np.testing.assert_allclose(weights, of_window.numpy(), atol=1e-5)


@every_pair
def test_forks_and_saved_states_know_the_source(config: ModelConfig, encoder: EncoderConfig) -> None:
    model = make(config, encoder).float()
    stepper = ModuleStepper(model)
    stepper.start(some_sources()[:1].numpy(), LENGTHS[:1].numpy())
    state = stepper.state()
    expected = stepper.read([0, 3, 1])
    other = ModuleStepper(model)
    other.set_state(state)
    np.testing.assert_array_equal(other.read([0, 3, 1]), expected)
    three = stepper.fork(3).step(np.array([4, 4, 4]))
    np.testing.assert_allclose(three, np.repeat(stepper.step(np.array([4])), 3, axis=0), atol=1e-5)


def test_a_restored_model_has_its_encoder(run_folder: Path) -> None:
    config, encoder = PAIR_CONFIGS["gru-forward-attention"]
    model = make(config, encoder).float()
    saved = open_model(run_folder)
    record = replace(saved.record, model=config, encoder=encoder)
    restored = restore_decoder(replace(saved, record=record, weights=read_weights(model)))
    one, same = (each(some_ids(), each.start(some_sources(), LENGTHS))[0] for each in (model, restored))
    torch.testing.assert_close(same, one, rtol=0, atol=0)


def test_an_expert_begins_with_the_target_beside_a_network_that_has_read_the_source() -> None:
    network = make(*PAIR_CONFIGS["lstm-bidirectional-attention"]).float()
    tables = NgramModel(np.arange(200) ** 2 % V, order=3, vocab_size=V).tables()
    mixed, expert = (
        MixedDecoder(network, NgramExpert(tables, vocab_size=V, weight=weight)).eval() for weight in (0.3, 1.0)
    )
    ids = some_ids()
    with torch.no_grad():
        of_network = network(ids, network.start(some_sources(), LENGTHS))[0].softmax(dim=2)
        of_expert = (
            expert(ids)[0].exp()
            if expert.encoder is None
            else expert(ids, expert.start(some_sources(), LENGTHS))[0].exp()
        )
        state = mixed.start(some_sources(), LENGTHS)
        first, state = mixed(ids[:, :4], state)
        rest, _ = mixed(ids[:, 4:], state)
    assert len(state[-1]) == B
    found = torch.cat([first, rest], dim=1).exp()
    torch.testing.assert_close(found, 0.7 * of_network + 0.3 * of_expert, rtol=1e-4, atol=1e-6)
