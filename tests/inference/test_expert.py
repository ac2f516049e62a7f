"""The n-gram expert: the probabilities of the n-gram model, mixed with those of a decoder, in NumPy and in torch."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from seqgen.config import Budget, Cell
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import MixedStepper, NgramExpert, build_stepper
from seqgen.inference.expert_tables import extend_context
from seqgen.restored import restore_decoder
from seqgen.run import SavedModel, amend_model, open_model
from seqgen.sampling.prefill import cpu_stepper
from seqgen.stepping import ModuleStepper
from tests import tiny

V = 7
ORDER = 4


def some_ids(n: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Ids with a few that are frequent, so that contexts of all lengths repeat."""
    return np.random.default_rng(seed).integers(0, V, n) ** 2 % V


def an_expert(*, order: int = ORDER, weight: float = 0.3) -> tuple[NgramExpert, NgramModel]:
    model = NgramModel(some_ids(400), order=order, vocab_size=V)
    return NgramExpert(model.tables(), vocab_size=V, weight=weight), model


def contexts_before(expert: NgramExpert, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The context in which each id of a text stands, (T, N)."""
    start = expert.beginning(1)
    return np.concatenate((start, expert.read(start, ids[None, :-1])[0]))


@pytest.mark.parametrize("order", [1, 2, 5])
def test_its_probabilities_are_those_of_the_ngram_model(order: int) -> None:
    expert, model = an_expert(order=order)
    ids = some_ids(300, seed=1)
    p = expert.probabilities(contexts_before(expert, ids))
    np.testing.assert_allclose(-np.log(p[np.arange(len(ids)), ids]), model.nats(ids), atol=1e-5)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)


def test_one_context_alone_gives_the_same_as_among_others() -> None:
    expert, _ = an_expert()
    contexts = contexts_before(expert, some_ids(100, seed=2))
    alone = np.concatenate([expert.probabilities(context[None]) for context in contexts])
    np.testing.assert_array_equal(expert.probabilities(contexts), alone)


def test_reading_a_window_equals_reading_id_by_id() -> None:
    expert, _ = an_expert()
    ids = np.stack([some_ids(20, seed=3), some_ids(20, seed=4)])
    contexts = expert.beginning(2)
    streams: list[list[int]] = contexts.view(np.uint64).tolist()
    for position, read in enumerate(expert.read(contexts, ids).swapaxes(0, 1)):
        streams = [extend_context(of_one, int(token)) for of_one, token in zip(streams, ids[:, position], strict=True)]
        np.testing.assert_array_equal(np.array(streams, np.uint64).view(np.int64), read)


def test_the_mixture_is_the_weighted_mean_of_both_probabilities() -> None:
    expert, _ = an_expert(weight=0.3)
    logits = np.random.default_rng(5).normal(size=(2, V))
    p = expert.probabilities(contexts_before(expert, some_ids(2)))
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(expert.mix(logits, p)), 0.7 * softmax + 0.3 * p, rtol=1e-6)


def test_the_mixture_of_one_stream_is_that_of_each_among_several() -> None:
    expert, _ = an_expert()
    logits = np.random.default_rng(6).normal(size=(20, V)).astype(np.float32)
    p = expert.probabilities(contexts_before(expert, some_ids(20)))
    alone = np.concatenate([expert.mix(logits[row : row + 1], p[row : row + 1]) for row in range(20)])
    np.testing.assert_array_equal(expert.mix(logits, p), alone)


def mixed_model(folder: Path, cell: Cell) -> SavedModel:
    """A trained tiny model with an expert."""
    run = tiny.trained(folder / "run", cell=cell, budget=Budget(steps=20))
    saved = open_model(run)
    ids = saved.tokenizer.encode(tiny.TEXT).ids
    tables = NgramModel(ids, order=ORDER, vocab_size=saved.tokenizer.vocab_size).tables()
    amend_model(saved.path, expert=NgramExpert(tables, vocab_size=saved.tokenizer.vocab_size, weight=0.4))
    return open_model(run)


@pytest.mark.parametrize("cell", get_args(Cell))
def test_steps_in_numpy_equal_windows_in_torch(cell: Cell, tmp_path: Path) -> None:
    saved = mixed_model(tmp_path, cell)
    ids = saved.tokenizer.encode(tiny.TEXT[:60]).ids.astype(np.int64)
    decoder, stepper = restore_decoder(saved), cpu_stepper(saved)
    with torch.no_grad():
        whole, _ = decoder(torch.from_numpy(ids)[None])
        first, state = decoder(torch.from_numpy(ids[:25])[None])
        second, _ = decoder(torch.from_numpy(ids[25:])[None], state)
    np.testing.assert_allclose(torch.cat([first, second], dim=1), whole, atol=1e-4)
    np.testing.assert_allclose(whole.exp().sum(dim=2), 1, atol=1e-4)
    stepped = np.stack([stepper.step(token[None])[0].copy() for token in ids])
    np.testing.assert_allclose(stepped, whole[0], atol=1e-4)


def test_forks_states_and_prompts_agree(tmp_path: Path) -> None:
    saved = mixed_model(tmp_path, "lstm")
    prompt = saved.tokenizer.encode(tiny.TEXT[:40]).ids.tolist()
    steppers = (cpu_stepper(saved), ModuleStepper(restore_decoder(saved)))
    after: list[Any] = []
    for stepper in steppers:
        one_by_one = stepper.fork(1)
        for token in prompt:
            one_by_one.step(np.array([token]))
        stepper.read(prompt)
        many, kept = stepper.fork(3), stepper.state()
        logits = many.step(np.array([1, 2, 3])).copy()
        np.testing.assert_allclose(one_by_one.step(np.array([1]))[0], logits[0], atol=1e-4)
        stepper.step(np.array([5]))
        stepper.set_state(kept)
        np.testing.assert_allclose(stepper.step(np.array([1]))[0], logits[0], atol=1e-4)
        many.select(np.array([2, 0]))
        after += [logits, many.step(np.array([4, 4])).copy()]
    for of_numpy, of_module in zip(after[:2], after[2:], strict=True):
        np.testing.assert_allclose(of_numpy, of_module, atol=1e-4)


def test_a_weight_near_nothing_leaves_the_network_as_it_was(tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", budget=Budget(steps=5)))
    tables = NgramModel(some_ids(50), order=2, vocab_size=saved.tokenizer.vocab_size).tables()
    network = build_stepper(saved.record.model, saved.weights, n_streams=1)
    expert = NgramExpert(tables, vocab_size=saved.tokenizer.vocab_size, weight=1e-9)
    mixed = MixedStepper.of(build_stepper(saved.record.model, saved.weights, n_streams=1), expert, n_streams=1)
    plain = network.step(np.array([3]))
    np.testing.assert_allclose(np.exp(mixed.step(np.array([3]))), np.exp(plain) / np.exp(plain).sum(), atol=1e-6)


def test_what_a_reader_does_to_probabilities_changes_no_later_ones() -> None:
    expert, _ = an_expert()
    contexts = contexts_before(expert, some_ids(5))
    first = expert.probabilities(contexts)
    kept = first.copy()
    first *= 0
    np.testing.assert_array_equal(expert.probabilities(contexts), kept)


def test_a_model_that_has_written_can_be_copied(tmp_path: Path) -> None:
    decoder = restore_decoder(mixed_model(tmp_path, "lstm"))
    ids = torch.tensor([[1]])
    expected, _ = decoder(ids)
    logits, _ = copy.deepcopy(decoder)(ids)
    np.testing.assert_array_equal(logits.detach(), expected.detach())
