"""A decoder mixed with an n-gram expert, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import UnitName
from seqgen.inference.base import Array, State, Stepper
from seqgen.inference.expert import NgramExpert
from seqgen.inference.expert_tables import extend_context


@final
class MixedStepper(Stepper):
    """A decoder whose probabilities are mixed with those of an expert. Its state ends with the expert's contexts.

    >>> from seqgen.evaluation.ngram import NgramModel
    >>> from seqgen.inference import build_stepper
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> v = saved.tokenizer.vocab_size
    >>> tables = NgramModel(np.array([1, 2, 3] * 100), order=3, vocab_size=v).tables()
    >>> expert = NgramExpert(tables, vocab_size=v, weight=0.5)
    >>> stepper = MixedStepper.of(build_stepper(saved.record.model, saved.weights, n_streams=1), expert, n_streams=1)
    >>> int(stepper.read([1, 2]).argmax())
    3
    """

    def __init__(self, network: Stepper, expert: NgramExpert, contexts: Array) -> None:
        self._network = network
        self._expert = expert
        self._hashes = _as_integers(contexts)
        """The contexts as Python's integers. (B, N)"""

    @classmethod
    def of(cls, network: Stepper, expert: NgramExpert, *, n_streams: int) -> MixedStepper:
        """A stepper at the beginning of its streams; `network` has to be there too."""
        return cls(network, expert, expert.beginning(n_streams))

    def step(self, ids: Array) -> Array:
        self._hashes = [extend_context(of_one, token) for of_one, token in zip(self._hashes, ids.tolist(), strict=True)]
        return self._mix(self._network.step(ids))

    def read(self, ids: Sequence[int]) -> Array:
        for token in ids:
            self._hashes = [extend_context(self._hashes[0], token)]
        return self._mix(self._network.read(ids))

    @property
    def reach(self) -> int | None:
        of_network = self._network.reach
        return None if of_network is None else max(of_network, self._expert.order - 1)

    def _mix(self, logits: Array) -> Array:
        return self._expert.mix(logits, [self._expert.rows.after(of_one) for of_one in self._hashes])

    def start(self, ids: Array, lengths: Array) -> None:
        self._network.start(ids, lengths)
        self._hashes = _as_integers(self._expert.beginning(len(ids)))

    @property
    def source_attention(self) -> Array | None:
        return self._network.source_attention

    def select(self, rows: Array) -> None:
        self._network.select(rows)
        self._hashes = [self._hashes[row] for row in rows]

    def fork(self, n_streams: int) -> MixedStepper:
        return MixedStepper(self._network.fork(n_streams), self._expert, np.repeat(self._contexts, n_streams, axis=0))

    def hold(self, units: Mapping[UnitName, float]) -> None:
        self._network.hold(units)

    def state(self) -> State:
        return (*self._network.state(), self._contexts)

    def set_state(self, state: State) -> None:
        self._network.set_state(state[:-1])
        self._hashes = _as_integers(state[-1])

    @property
    def _contexts(self) -> NDArray[np.int64]:
        return np.array(self._hashes, np.uint64).view(np.int64)


def _as_integers(contexts: Array) -> list[list[int]]:
    """The hashes of contexts, (B, N), as Python's integers."""
    integers: list[list[int]] = np.ascontiguousarray(contexts).view(np.uint64).tolist()
    return integers
