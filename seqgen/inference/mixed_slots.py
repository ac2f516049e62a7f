"""Slots whose probabilities are mixed with those of an n-gram expert. `mixed.py` does the same for a stepper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.inference.base import Array, State
from seqgen.inference.expert import NgramExpert
from seqgen.inference.expert_tables import extend_context
from seqgen.inference.slots import Slots


@final
class MixedSlots(Slots):
    """The slots of a decoder, mixed with an expert. The state of a stream ends with the expert's context.

    >>> from seqgen.evaluation.ngram import NgramModel
    >>> from seqgen.inference import build_slots
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> ids, v = np.array([1, 2] * 99), saved.tokenizer.vocab_size
    >>> expert = NgramExpert(NgramModel(ids, order=2, vocab_size=v).tables(), vocab_size=v, weight=0.9)
    >>> slots = MixedSlots(build_slots(saved.record.model, saved.weights, n_slots=4), expert, n_slots=4)
    >>> slots.step(np.array([1, 2, 1, 2])).argmax(axis=1).tolist()
    [2, 1, 2, 1]
    """

    def __init__(self, network: Slots, expert: NgramExpert, *, n_slots: int) -> None:
        self._network = network
        self._expert = expert
        self._hashes: list[list[int]] = expert.beginning(n_slots).view(np.uint64).tolist()
        """The contexts as Python's integers. (B, N)"""

    def step(self, ids: Array) -> Array:
        self._hashes = [extend_context(of_one, token) for of_one, token in zip(self._hashes, ids.tolist(), strict=True)]
        rows = [self._expert.rows.after(of_one) for of_one in self._hashes]
        return self._expert.mix(self._network.step(ids), rows)

    def place(self, streams: Mapping[int, State]) -> None:
        self._network.place({slot: state[:-1] for slot, state in streams.items()})
        for slot, state in streams.items():
            (self._hashes[slot],) = np.ascontiguousarray(state[-1]).view(np.uint64).tolist()

    def lift(self, slot: int) -> State:
        context = np.array([self._hashes[slot]], np.uint64).view(np.int64)
        return (*self._network.lift(slot), context)

    def anew(self, n_slots: int) -> MixedSlots:
        return MixedSlots(self._network.anew(n_slots), self._expert, n_slots=n_slots)

    def select(self, slots: Array) -> None:
        self._network.select(slots)
        self._hashes = [self._hashes[slot] for slot in slots.tolist()]
