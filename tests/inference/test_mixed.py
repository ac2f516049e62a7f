"""A network with an n-gram expert answers as the network does wherever the expert has no say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from seqgen.config import UnitName
from seqgen.inference import MixedStepper, build_stepper
from seqgen.models import build_model, read_weights
from seqgen.restored import MixedDecoder
from tests.inference.test_expert import V, an_expert, some_ids
from tests.tiny import MODEL_CONFIGS, PAIR_CONFIGS, SOURCE_V

CONFIG = replace(MODEL_CONFIGS["lstm"], vocab_size=V)
IDS = torch.from_numpy(some_ids(12).reshape(2, 6))


def test_what_is_known_of_the_network_is_known_of_the_mixture() -> None:
    torch.manual_seed(0)
    network = build_model(CONFIG).eval()
    mixed = MixedDecoder(network, an_expert()[0])
    assert torch.equal(mixed.token_vectors(), network.token_vectors())
    assert [id(matrix.weight) for matrix in mixed.matrices()] == [id(matrix.weight) for matrix in network.matrices()]
    _, state = mixed(IDS)
    _, of_network = network(IDS)
    latest = network.latest(of_network)
    assert all(torch.equal(mine, own) for mine, own in zip(mixed.latest(state), latest, strict=True))


def test_a_unit_that_the_mixture_holds_is_held_in_the_network() -> None:
    torch.manual_seed(0)
    network = build_model(CONFIG).eval()
    mixed = MixedDecoder(network, an_expert()[0])
    free, _ = mixed(IDS)
    mixed.hold({UnitName(0, 1): 0.9})
    held, _ = mixed(IDS)
    assert not torch.allclose(held, free)
    network.hold({})
    assert torch.equal(mixed(IDS)[0], free)


def test_a_mixture_that_begins_after_sources_forgets_what_it_read_before() -> None:
    config, encoder = PAIR_CONFIGS["lstm-bidirectional-attention"]
    config, (expert, _) = replace(config, vocab_size=V), an_expert()
    torch.manual_seed(0)
    weights = read_weights(build_model(config, encoder))
    sources, lengths = np.random.default_rng(0).integers(0, SOURCE_V, (2, 4)), np.array([4, 2])
    first, second = (
        MixedStepper.of(build_stepper(config, weights, encoder=encoder, n_streams=2), expert, n_streams=2)
        for _ in range(2)
    )
    first.start(sources, lengths)
    for ids in (np.array([1, 2]), np.array([3, 1])):
        first.step(ids)
    first.start(sources, lengths)
    second.start(sources, lengths)
    np.testing.assert_array_equal(first.step(np.array([2, 0])), second.step(np.array([2, 0])))
    assert first.source_attention is not None
    np.testing.assert_array_equal(first.source_attention, second.source_attention)
