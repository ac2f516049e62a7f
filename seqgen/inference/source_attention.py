"""Attention of a recurrent decoder to its source, one time step at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.inference.base import Array
from seqgen.inference.source_memory import SourceMemory, softmax


@final
class AttentionWeights:
    """The weights of `seqgen.models.source_attention` as steps multiply them. A is the width of queries and keys."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        query = weights["attention.query.weight"]
        self.query = np.ascontiguousarray(query.T * len(query) ** -0.5)  # (D, A), with the divisor of the scores
        self.key = np.ascontiguousarray(weights["attention.key.weight"].T)  # (D of the encoder, A)
        out = weights["attention.out.weight"].T
        self.out = np.vstack((weights["attention.out.bias"], out))  # (1+D + D of the encoder, D)

    @property
    def d_source(self) -> int:
        """Width of what the encoder writes."""
        return len(self.key)

    def memorise(self, outputs: Array, lengths: Array) -> SourceMemory:
        """Keys and values for what an encoder wrote, (B, S, D)."""
        return SourceMemory((outputs @ self.key, outputs), lengths)


@final
class SourceAttention:
    """What attends between the first two layers: it reads h of layer 0 and writes tanh(W [h; context] + b).

    `reads` is the view [1, h, context] of the row, and `attended` the view of what it writes (see `RecurrentCell`).
    """

    def __init__(self, reads: Array, attended: Array, weights: AttentionWeights) -> None:
        self._reads = reads
        self._attended = attended
        self._weights = weights
        self._h = reads[:, 1 : 1 + attended.shape[1]]
        self._context = reads[:, None, 1 + attended.shape[1] :]  # (B, 1, D of the encoder)
        self.memory: SourceMemory | None = None
        """None until the streams have a source."""
        self.latest: Array | None = None
        """The weights of the latest step over the source, (B, S)."""

    def step(self) -> None:
        """Advance by one step, after layer 0."""
        assert self.memory is not None, "a decoder with an encoder begins with `start`"
        keys, values = self.memory.arrays
        query = np.matmul(self._h, self._weights.query)  # (B, A)
        scores = np.matmul(keys, query[:, :, None])[:, :, 0]  # (B, S)
        scores += self.memory.penalty
        self.latest = softmax(scores)
        np.matmul(self.latest[:, None], values, out=self._context)
        np.matmul(self._reads, self._weights.out, out=self._attended)
        np.tanh(self._attended, out=self._attended)
