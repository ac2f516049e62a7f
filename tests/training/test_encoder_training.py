"""Training and scoring of models with an encoder: the source is read where targets begin, and is learned from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import Tensor

from seqgen.config import Budget, EncoderConfig, LstmConfig
from seqgen.corpus import Batch, Sources
from seqgen.models import State, build_model, detach, read_weights
from seqgen.run import StepReport, ValidationReport
from seqgen.scoring import batch_nats, token_nats
from seqgen.training.objective import Objective
from seqgen.training.process_group import ProcessGroup
from seqgen.training.state import TrainingData, TrainingState
from seqgen.training.trainer import train
from tests.models.pairs import alone, make, some_batch
from tests.tiny import PAIR_CONFIGS
from tests.training.trainer import CONFIG

PAIR = PAIR_CONFIGS["lstm-bidirectional-attention"]
N_SYMBOLS = 8
MODEL = LstmConfig(vocab_size=N_SYMBOLS + 1, n_layer=1, d_model=32, d_embedding=5, dropout=0.0, input_dropout=0.0)
ENCODER = EncoderConfig(vocab_size=N_SYMBOLS + 2, n_layer=1, d_model=32, dropout=0.0)


@dataclass(frozen=True)
class Copies:
    """Batches of 16 pairs whose targets are their sources, in windows of 4 targets."""

    seed: int
    n_batches: int

    def __len__(self) -> int:
        return 2 * self.n_batches

    @property
    def n_targets(self) -> int:
        return sum(self[number].n_targets for number in range(len(self)))

    @property
    def targets_per_epoch(self) -> int:
        return self.n_targets

    def rest(self) -> None:
        return None

    def __getitem__(self, number: int) -> Batch:
        random = np.random.default_rng([self.seed, number // 2])
        lengths = random.integers(4, 8, 16)
        is_symbol = np.arange(8) < lengths[:, None]
        ids = np.where(is_symbol, random.integers(1, N_SYMBOLS + 1, (16, 8)), 0)  # with an end of text after each
        inputs, mask = np.pad(ids, ((0, 0), (1, 0)))[:, :-1], np.arange(8) <= lengths[:, None]
        window = slice(0, 4) if number % 2 == 0 else slice(4, 8)
        is_first = number % 2 == 0
        return Batch(
            inputs=inputs[:, window],
            targets=ids[:, window],
            mask=mask[:, window],
            starts_anew=is_first,
            sources=Sources(ids=ids, lengths=lengths + 1) if is_first else None,
        )


class EpochsOfCopies:
    """New pairs in every epoch."""

    targets_per_epoch = Copies(seed=0, n_batches=20).n_targets

    def __getitem__(self, epoch: int) -> Copies:
        return Copies(seed=epoch, n_batches=20)


def test_an_lstm_with_attention_learns_to_copy_sources_that_it_never_saw() -> None:
    torch.manual_seed(0)
    config = replace(CONFIG, n_streams=16, window=4, evaluate_every=1000)
    state = TrainingState.fresh(build_model(MODEL, ENCODER), config)
    data = TrainingData(EpochsOfCopies(), Copies(seed=999, n_batches=4), None)
    *_, validation, _ = train(state, data, config=config, budget=Budget(steps=400))
    assert isinstance(validation, ValidationReport)
    assert validation.nats_per_token < 0.2  # 0.12; a model that knows the lengths alone has more than 1.5


def test_training_goes_through_windows_with_and_without_sources_and_counts_real_targets() -> None:
    config = replace(CONFIG, n_streams=16, window=4)
    state = TrainingState.fresh(build_model(MODEL, ENCODER), config)
    before = read_weights(state.model)
    data = TrainingData(EpochsOfCopies(), None, None)
    reports = list(train(state, data, config=config, budget=Budget(steps=3)))
    n_tokens = [report.n_tokens for report in reports if isinstance(report, StepReport)]
    assert n_tokens == [EpochsOfCopies()[0][number].n_targets for number in range(3)]
    after = read_weights(state.model)
    assert all(not np.array_equal(after[name], array) for name, array in before.items())


def gradients(model: torch.nn.Module, loss: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, list(model.parameters())))


def tensors_of(batch: Batch, group: ProcessGroup) -> tuple[list[Tensor], Tensor, list[Tensor]]:
    """Inputs and targets, their weights, and the sources, of one process."""
    assert batch.sources is not None and batch.weights is not None
    window = [torch.from_numpy(group.local_rows(ids)) for ids in (batch.inputs, batch.targets)]
    weights = group.size * torch.from_numpy(group.local_rows(batch.weights))
    return window, weights, [torch.from_numpy(group.local_rows(array)) for array in batch.sources.arrays]


def test_the_objective_of_pairs_is_the_mean_nats_of_their_targets() -> None:
    model, batch = make(*PAIR), some_batch()
    (inputs, targets), weights, sources = tensors_of(batch, ProcessGroup())
    loss, _, _ = Objective(model, CONFIG)(inputs, targets, state=None, weights=weights, sources=sources)
    nats = [batch_nats(model, alone(batch, number))[0].sum().item() for number in range(len(inputs))]
    assert loss.item() == pytest.approx(sum(nats) / batch.n_targets)


def test_two_processes_with_half_of_the_pairs_each_have_the_gradient_of_all_pairs() -> None:
    model, batch = make(*PAIR), some_batch()
    objective = Objective(model, CONFIG)

    def gradients_in(group: ProcessGroup) -> list[Tensor]:
        window, weights, sources = tensors_of(batch, group)
        return gradients(model, objective(*window, state=None, weights=weights, sources=sources)[0])

    whole = gradients_in(ProcessGroup())
    halves = [gradients_in(ProcessGroup(rank, 2)) for rank in range(2)]
    for expected, first, second in zip(whole, *halves, strict=True):
        torch.testing.assert_close((first + second) / 2, expected, rtol=1e-6, atol=1e-9)


def test_processes_average_the_gradients_of_windows_that_do_not_use_the_encoder_too(tmp_path: Path) -> None:
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/meeting", rank=0, world_size=1)
    try:
        model = make(*PAIR)
        objective = ProcessGroup(0, 2).wrap(Objective(model, CONFIG), may_skip_encoder=True)
        (inputs, targets), weights, sources = tensors_of(some_batch(), ProcessGroup())
        carried: State | None = None
        grew: list[bool] = []
        for read in (sources, None, None, sources):
            model.zero_grad()
            state = None if carried is None or read is not None else detach(carried)
            loss, _, carried = objective(inputs, targets, state=state, weights=weights, sources=read)
            loss.backward()
            grew.append(model.get_parameter("encoder.embedding.weight").grad is not None)
        assert grew == [True, False, False, True]
    finally:
        dist.destroy_process_group()


def test_scores_follow_pairs_through_their_windows_and_mask_what_is_padding() -> None:
    torch.manual_seed(0)
    model = build_model(MODEL, ENCODER)
    copies = Copies(seed=0, n_batches=2)
    scored = list(token_nats(model, copies))
    assert [nats.shape for nats in scored] == [(16, 4)] * 4
    assert all(((nats > 0) == copies[number].mask).all() for number, nats in enumerate(scored))
    first, second = copies[0], copies[1]
    assert first.sources is not None
    state = model.eval().start(*map(torch.from_numpy, first.sources.arrays))
    logits, _ = model(torch.from_numpy(np.concatenate([first.inputs, second.inputs], axis=1)), state)
    targets = np.concatenate([first.targets, second.targets], axis=1)[..., None]
    expected = -logits.log_softmax(dim=2).gather(2, torch.from_numpy(targets))[..., 0]
    is_real = np.concatenate([first.mask, second.mask], axis=1)
    together = np.concatenate(scored[:2], axis=1)
    np.testing.assert_allclose(together[is_real], expected.detach().numpy()[is_real], atol=1e-5)
