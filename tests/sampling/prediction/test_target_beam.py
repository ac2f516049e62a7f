"""The search for the targets of sources, with a stepper whose probabilities are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import PredictionConfig, UnitName
from seqgen.inference import State, Stepper
from seqgen.sampling.prediction.target_beam import FoundTarget, TargetBeam

A, B = 1, 2


@final
class WrittenStepper(Stepper):
    """Every stream has the same probabilities of the end, of A and of B, a row for each step."""

    def __init__(self, rows: list[list[float]]) -> None:
        self._rows = iter(rows)

    def step(self, ids: NDArray[Any]) -> NDArray[Any]:
        logits: NDArray[Any] = np.log(np.tile(next(self._rows), (len(ids), 1)))
        return logits

    def read(self, ids: Sequence[int]) -> NDArray[Any]:
        raise NotImplementedError

    @property
    def reach(self) -> None:
        raise NotImplementedError

    def select(self, rows: NDArray[Any]) -> None:
        pass

    def start(self, ids: NDArray[Any], lengths: NDArray[Any]) -> None:
        raise NotImplementedError

    @property
    def source_attention(self) -> None:
        raise NotImplementedError

    def fork(self, n_streams: int) -> Stepper:
        raise NotImplementedError

    def hold(self, units: Mapping[UnitName, float]) -> None:
        raise NotImplementedError

    def state(self) -> State:
        raise NotImplementedError

    def set_state(self, state: State) -> None:
        raise NotImplementedError


def search(rows: list[list[float]], *, limit: int = 20, **config: Any) -> list[FoundTarget]:
    """The targets that are found for one source."""
    logits = np.log(np.array([rows[0]]))
    return TargetBeam(WrittenStepper(rows[1:]), logits, config=PredictionConfig(**config), limit=limit).search()[0]


def test_short_and_poor_targets_do_not_end_the_search() -> None:
    """After two steps the beam has found two targets, and the best one is not among them."""
    rows = [[0.08, 0.9, 0.02]] * 3 + [[0.98, 0.01, 0.01]] * 17
    assert search(rows, beam=2)[0].ids == (A, A, A)


def test_a_beam_of_one_ends_where_the_end_is_the_likeliest_token() -> None:
    """Ended one token later, the target would have a better score."""
    rows = [[0.5, 0.45, 0.05], [0.98, 0.01, 0.01]]
    assert [target.ids for target in search(rows, beam=1)] == [()]
    assert search(rows, beam=2)[0].ids == (A,)


def test_a_target_that_is_as_long_as_it_may_be_is_cut_off() -> None:
    found = search([[0.01, 0.9, 0.09]] * 4, beam=1, limit=4)
    assert [(target.ids, target.is_cut_off) for target in found] == [((A, A, A), True)]


def test_the_power_of_the_length_decides_between_short_and_long_targets() -> None:
    rows = [[0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.99, 0.005, 0.005], [0.99, 0.005, 0.005]]
    lengths = [len(search(rows, beam=3, length_power=power)[0].ids) for power in (0.0, 1.0)]
    assert lengths == [0, 3]
