"""The one step behind sampling and beam search: what may follow, what is removed, what is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqgen.config import SamplingConfig, fields_of
from seqgen.run import open_model
from seqgen.sampling import Candidates, Prefill, prefill
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.filters import Logits
from seqgen.tokenizers import END_OF_TEXT


class Alternating(Constraint):
    """Rejects the token that came before, and ends the text after three tokens."""

    def __init__(self) -> None:
        self.tokens: tuple[int, ...] = ()

    def take(self, token: int) -> None:
        self.tokens = (*self.tokens, token)

    def rejects(self, token: int) -> bool:
        return self.tokens[-1:] == (token,)

    @property
    def is_complete(self) -> bool:
        return len(self.tokens) == 3


@pytest.fixture
def prefilled(run_folder: Path) -> Prefill:
    return prefill(open_model(run_folder), (5, 5, 7))


def finite(logits: Logits) -> list[int]:
    return np.flatnonzero(np.isfinite(logits)).tolist()


def test_the_logits_of_the_model_stay_as_they_are(prefilled: Prefill) -> None:
    before = prefilled.logits.copy()
    Candidates(prefilled, SamplingConfig(top_k=3, repetition_penalty=2.0), constraints=[[]]).restrict(prefilled.logits)
    np.testing.assert_array_equal(prefilled.logits, before)


@pytest.mark.parametrize("may_end", [False, True])
def test_the_end_of_text_token_is_a_candidate_only_if_a_text_may_end(may_end: bool, prefilled: Prefill) -> None:
    candidates = Candidates(prefilled, SamplingConfig(), constraints=[[]], may_end=may_end)
    assert (END_OF_TEXT in finite(candidates.restrict(prefilled.logits)[0])) == may_end


def test_without_a_removed_token_the_filters_choose_again(prefilled: Prefill) -> None:
    """Top-k keeps one token, so the next best takes the place of the removed one."""
    candidates = Candidates(prefilled, SamplingConfig(top_k=1), constraints=[[]])
    (best,) = finite(candidates.restrict(prefilled.logits)[0])
    (second,) = finite(candidates.remove(0, best))
    order = np.argsort(-prefilled.logits[0, 1:]) + 1
    assert [best, second] == order[:2].tolist()
    assert not candidates.allows(0, best)


def test_penalties_count_the_prompt_and_what_was_taken(prefilled: Prefill) -> None:
    candidates = Candidates(prefilled, SamplingConfig(frequency_penalty=1.0), constraints=[[], []])
    logits = np.zeros((2, prefilled.logits.shape[1]))
    candidates.take(np.array([7, 9]))
    penalised = candidates.restrict(logits)
    assert penalised[:, [5, 7, 9]].tolist() == [[-2.0, -2.0, 0.0], [-2.0, -1.0, -1.0]]
    candidates.select([1, 1, 0])
    assert candidates.restrict(np.zeros((3, logits.shape[1])))[:, 7].tolist() == [-1.0, -1.0, -2.0]


def test_constraints_follow_the_text_that_they_are_selected_for(prefilled: Prefill) -> None:
    candidates = Candidates(prefilled, SamplingConfig(), constraints=[[Alternating()], []])
    candidates.restrict(np.repeat(prefilled.logits, 2, axis=0))
    candidates.take(np.array([5, 5]))
    assert [candidates.rejects(text, 5) for text in (0, 1)] == [True, False]
    candidates.select([1, 0, 0])
    candidates.restrict(np.repeat(prefilled.logits, 3, axis=0))
    candidates.take(np.array([6, 6, 7]))
    assert [candidates.rejects(text, 7) for text in (0, 1, 2)] == [False, False, True]
    candidates.take(np.array([8, 8, 8]))
    assert [candidates.is_complete(text) for text in (0, 1, 2)] == [False, True, True]
    candidates.release(1)
    assert candidates.constrained == (2,)


class Silent(Constraint):
    """Changes, rejects and completes nothing."""

    def take(self, token: int) -> None:
        pass


def test_a_constraint_is_asked_only_for_what_it_overrides(prefilled: Prefill, monkeypatch: pytest.MonkeyPatch) -> None:
    candidates = Candidates(prefilled, SamplingConfig(), constraints=[[Silent()], [Silent(), Alternating()]])
    for name in ("apply", "rejects", "is_complete"):
        monkeypatch.delattr(Constraint, name)
    candidates.restrict(np.repeat(prefilled.logits, 2, axis=0))
    candidates.take(np.array([5, 5]))
    assert [candidates.rejects(text, 5) for text in (0, 1)] == [False, True]
    assert [candidates.is_complete(text) for text in (0, 1)] == [False, False]


def test_the_fields_of_the_configuration_stand_in_the_order_in_which_they_apply() -> None:
    """The docstring of `SamplingConfig` describes this order, and the help of `seqgen sample` repeats it."""
    assert list(fields_of(SamplingConfig)) == [
        "hold",
        "ban",
        "bias",
        "match",
        "words",
        "repetition_penalty",
        "presence_penalty",
        "frequency_penalty",
        "penalty_window",
        "top_k",
        "top_p",
        "min_p",
        "typical",
        "temperature",
        "seed",
        "no_copy",
        "stop",
        "until_end_of_text",
    ]
