"""Which optimizer fits which weights, at which rate, and what it remembers."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
import torch

from seqgen.config import ModelConfig, Optimizer, TrainingConfig
from seqgen.models import Decoder, build_model, load_weights, read_weights
from seqgen.training.adamw import AdamW
from seqgen.training.muon import Muon
from seqgen.training.optimizers import Optimizers, build_optimizers, load_optimizers, read_optimizers, set_rates
from seqgen.training.row_adagrad import RowAdagrad
from tests.tiny import MODEL_CONFIGS

CONFIG = TrainingConfig(
    n_streams=2,
    window=8,
    learning_rate=0.01,
    muon_rate=0.02,
    evaluate_every=5,
    clip_norm=1.0,
    weight_decay=0.1,
    precision="float32",
)
every_model = pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())
every_optimizer = pytest.mark.parametrize("optimizer", get_args(Optimizer))


def make(config: ModelConfig, optimizer: Optimizer) -> tuple[Decoder, Optimizers]:
    torch.manual_seed(0)
    model = build_model(config)
    return model, build_optimizers(model, replace(CONFIG, optimizer=optimizer))


def step(model: Decoder, optimizers: Optimizers, seed: int) -> None:
    """One step along made-up gradients."""
    draw = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=draw)
    for optimizer in optimizers:
        optimizer.step()


@every_model
@every_optimizer
def test_every_parameter_belongs_to_exactly_one_optimizer(config: ModelConfig, optimizer: Optimizer) -> None:
    model, optimizers = make(config, optimizer)
    owned = [id(parameter) for each in optimizers for parameter in each.parameters()]
    assert sorted(owned) == sorted(id(parameter) for parameter in model.parameters())


@every_model
def test_muon_has_the_matrices_and_adamw_the_rest(config: ModelConfig) -> None:
    model, (adamw, muon, *_) = make(config, "muon")
    assert isinstance(adamw, AdamW)
    assert isinstance(muon, Muon)
    assert {id(parameter) for parameter in muon.parameters()} == {id(matrix.weight) for matrix in model.matrices()}


@every_model
@every_optimizer
def test_only_the_tables_of_ngrams_have_an_optimizer_of_their_own(config: ModelConfig, optimizer: Optimizer) -> None:
    model, optimizers = make(config, optimizer)
    tables = [each for each in optimizers if isinstance(each, RowAdagrad)]
    expected = [] if model.ngrams is None else [id(model.ngrams.rows.weight)]
    assert [id(table) for each in tables for table in each.parameters()] == expected


@every_model
def test_adamw_alone_has_every_dense_weight(config: ModelConfig) -> None:
    model, (adamw, *_) = make(config, "adamw")
    owned = [id(parameter) for parameter in adamw.parameters()]
    assert sorted(owned) == sorted(id(parameter) for parameter in model.dense_parameters())


@every_model
@every_optimizer
def test_matrices_decay_and_embeddings_norms_and_biases_do_not(config: ModelConfig, optimizer: Optimizer) -> None:
    """A matrix that is both embedding and output layer counts as the embedding."""
    model, optimizers = make(config, optimizer)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.ones_like(parameter))  # nothing may be zero, as some weights are at first
    before = read_weights(model)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for each in optimizers:
        each.step()
    has_changed = {name: bool((array != before[name]).any()) for name, array in read_weights(model).items()}
    embeddings = {name for name, _ in model.named_parameters() if name.startswith(("embedding", "ngrams.rows"))}
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2:
            assert not has_changed[name], name
        else:
            assert has_changed[name] == (name not in embeddings), name


@every_optimizer
def test_rates_are_shares_of_their_peaks(optimizer: Optimizer) -> None:
    _, optimizers = make(MODEL_CONFIGS["lstm"], optimizer)
    peaks = {AdamW: 0.01, Muon: 0.02}
    for share in (0.5, 0.1, 1.0):
        set_rates(optimizers, share)
        for each in optimizers:
            rates = [group.rate for group in each.groups]
            assert rates == pytest.approx([share * peaks[type(each)]] * len(rates))


@every_model
@every_optimizer
def test_what_was_read_makes_other_optimizers_go_on_alike(config: ModelConfig, optimizer: Optimizer) -> None:
    model, optimizers = make(config, optimizer)
    for seed in range(3):
        step(model, optimizers, seed)
    other = build_model(config)
    load_weights(other, read_weights(model))
    others = build_optimizers(other, replace(CONFIG, optimizer=optimizer))
    load_optimizers(others, read_optimizers(optimizers))
    for seed in (7, 8):
        set_rates(optimizers, 0.5)
        set_rates(others, 0.5)
        step(model, optimizers, seed)
        step(other, others, seed)
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)


@every_optimizer
def test_what_was_read_is_a_copy(optimizer: Optimizer) -> None:
    model, optimizers = make(MODEL_CONFIGS["gru"], optimizer)
    step(model, optimizers, 0)
    arrays = read_optimizers(optimizers)
    before = {name: array.tobytes() for name, array in arrays.items()}
    step(model, optimizers, 1)
    assert {name: array.tobytes() for name, array in arrays.items()} == before
