"""One block of the Transformer in NumPy, and its arithmetic: norms, rotations, attention."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from seqgen.config import TransformerConfig
from seqgen.inference.base import Array, Product, Shapes
from seqgen.inference.source_memory import in_parts

_SAFE_SCORE = 40.0
"""The exponentials of scores up to this one, and down to minus this one, and their sums are normal float32 numbers."""


@final
class Block:
    """The weights of one block and its ring: `keys` and `values` are (B, H, memory, K).

    The number of a position modulo `memory` is its slot in the ring.
    """

    def __init__(
        self, config: TransformerConfig, block: Mapping[str, Array], n_streams: int, *, multiply: Product = np.matmul
    ) -> None:
        self._config = config
        self._multiply = multiply
        in_pairs = np.arange(config.n_head * config.d_head).reshape(config.n_head, -1)[:, pairs(config.d_head)].ravel()
        query, key = (block[f"attention.{name}.weight"][in_pairs] for name in ("query", "key"))
        inputs = np.concatenate((query, key, block["attention.value.weight"]))
        self._inputs = after_norm(block["attention_norm.weight"], inputs)  # (D, 3HK)
        # `to_unit_length` leaves out a factor sqrt(K) in queries and in keys, and scores are divided by sqrt(K). What
        # remains of the three is one factor sqrt(K), which the weight of the keys takes.
        norms = (block["attention.query_norm.weight"], block["attention.key_norm.weight"] * config.d_head**0.5)
        self._query_key_norm = np.stack(norms)[:, None, pairs(config.d_head)]  # (2, 1, K)
        self.is_bounded = bool(np.abs(self._query_key_norm).max(axis=(1, 2)).prod() < _SAFE_SCORE)
        """Whether no score can be large: queries and keys have unit length, up to their weights."""
        self._out = np.ascontiguousarray(block["attention.out.weight"].T)
        gate_up = np.concatenate((block["mlp.gate.weight"] * 0.5, block["mlp.up.weight"]))  # see `feed_forward`
        self._gate_up = after_norm(block["mlp_norm.weight"], gate_up)  # (D, 2F)
        self._down = np.ascontiguousarray(block["mlp.down.weight"].T)
        self.keys = np.zeros((n_streams, config.n_head, config.memory, config.d_head), self._out.dtype)
        self.values = np.zeros(self.keys.shape, self.keys.dtype)  # `zeros_like` would fill the memory at once

    def anew(self, n_streams: int) -> Block:
        """The same weights, with empty rings of `n_streams` streams."""
        begun = copy.copy(self)
        begun.keys, begun.values = np.zeros((2, n_streams, *self.keys.shape[1:]), self.keys.dtype)
        return begun

    def fork(self, n_streams: int, n_seen: int) -> Block:
        """The same weights, with `n_streams` copies of the first `n_seen` slots of the ring of one stream."""
        forked = self.anew(n_streams)
        forked.keys[:, :, :n_seen], forked.values[:, :, :n_seen] = self.keys[:, :, :n_seen], self.values[:, :, :n_seen]
        return forked

    def select(self, rows: Array, n_seen: int) -> None:
        """Let each stream continue with the ring of the stream with this number, of which `n_seen` slots are filled."""
        seen = self.keys[:, :, :n_seen][rows], self.values[:, :, :n_seen][rows]
        if len(rows) != len(self.keys):
            empty = self.anew(len(rows))
            self.keys, self.values = empty.keys, empty.values
        self.keys[:, :, :n_seen], self.values[:, :, :n_seen] = seen

    def attend(self, x: Array, position: int, rotation: Array, penalty: Array | None = None) -> Array:
        """One position of B streams: (B, D) -> (B, D). `penalty` is added to the scores, (B, 1, 1, S+1)."""
        slot = position % self._config.memory
        query, self.keys[:, :, slot], self.values[:, :, slot] = self.project(x, rotation)
        n_seen = min(position + 1, self._config.memory)
        scores = (self.keys[:, :, :n_seen] @ query[..., None]).swapaxes(2, 3)  # (B, H, 1, S+1)
        if penalty is not None:
            scores += penalty
        return self.join(x, weighted(scores, self.values[:, :, :n_seen], is_bounded=self.is_bounded))

    def attend_at_once(
        self, x: Array, positions: Array, before: Array, rotation: Array, *, begins: Array | None
    ) -> Array:
        """T positions of B streams, (B*T, D) -> (B*T, D). `before` holds the slots of earlier positions.

        `begins` says at which position each stream began, (B,). A position before that sees itself.
        """
        memory = self._config.memory
        query, key, value = self._heads(x, rotation, n_streams=len(self.keys))  # (B, H, T, K)
        keys = np.concatenate((self.keys[:, :, before], key), axis=2)  # (B, H, S+T, K)
        values = np.concatenate((self.values[:, :, before], value), axis=2)
        seen = np.arange(positions[0] - len(before), positions[-1] + 1)  # (S+T,)
        age = positions[:, None] - seen
        is_seen = (age >= 0) & (age < memory)
        if begins is not None:
            is_seen = is_seen & ((seen >= begins[:, None])[:, None, None] | (age == 0))  # (B, 1, T, S+T)
        scores = np.where(is_seen, query @ keys.swapaxes(2, 3), -np.inf)  # (B, H, T, S+T)
        slots = positions % memory
        self.keys[:, :, slots], self.values[:, :, slots] = key, value
        return self.join(x, weighted(scores, values, is_bounded=self.is_bounded).swapaxes(1, 2))

    def attend_to_all(self, x: Array, penalty: Callable[[slice], Array], rotation: Array, *, n_streams: int) -> Array:
        """All positions of B sources, without the ring: (B*S, D) -> (B*S, D).

        `penalty` returns what is added to the scores of some positions, (B, 1, T or 1, S). Only some positions attend
        at once, so that memory grows with S and not with its square.
        """
        query, key, value = self._heads(x, rotation, n_streams=n_streams)  # (B, H, S, K)
        attended = np.empty_like(query)
        for rows in in_parts(query.shape[2], n_scores=math.prod(key.shape[:3])):
            scores = query[:, :, rows] @ key.swapaxes(2, 3)
            scores += penalty(rows)
            attended[:, :, rows] = weighted(scores, value)
        return self.join(x, attended.swapaxes(1, 2))

    def join(self, x: Array, attended: Array) -> Array:
        """Add what the heads attended to, which holds (N, H, K) in this order, to N positions: (N, D) -> (N, D)."""
        x += self._multiply(attended.reshape(len(x), -1), self._out)
        return x

    def _heads(self, x: Array, rotation: Array, *, n_streams: int) -> tuple[Array, Array, Array]:
        """`project` of T positions of each stream: (B*T, D) -> (B, H, T, K) each."""
        parts = (part.reshape(n_streams, -1, *part.shape[1:]) for part in self.project(x, rotation))
        query, key, value = (part.swapaxes(1, 2) for part in parts)
        return query, key, value

    def project(self, x: Array, rotation: Array) -> tuple[Array, Array, Array]:
        """Queries and keys, normed and turned, and values: (B, H, K) each."""
        config = self._config
        sums = self._multiply(to_unit_length(x, config.norm_epsilon), self._inputs)
        heads = sums.reshape(len(x), 3, config.n_head, config.d_head)
        normed = to_unit_length(heads[:, :2], config.norm_epsilon)
        normed *= self._query_key_norm
        turned = (normed.view(rotation.dtype) * rotation).view(x.dtype)  # (B, 2, H, K)
        return turned[:, 0], turned[:, 1], heads[:, 2]

    def feed_forward(self, x: Array) -> Array:
        """The second half of the block, for each position by itself: (N, D) -> (N, D)."""
        sums = self._multiply(to_unit_length(x, self._config.norm_epsilon), self._gate_up)
        half_gate, up = sums[:, : self._config.d_feedforward], sums[:, self._config.d_feedforward :]
        swish = np.tanh(half_gate)  # swish is z sigmoid(z) = z/2 (1 + tanh(z/2)), and `half_gate` is z/2
        swish += 1
        swish *= half_gate
        swish *= up
        x += self._multiply(swish, self._down)
        return x


def to_unit_length(x: Array, epsilon: float) -> Array:
    """RMSNorm over the last axis (Zhang & Sennrich 2019), without its weight and without the factor sqrt(D).

    >>> import numpy as np
    >>> from seqgen.inference.transformer_block import to_unit_length
    >>> to_unit_length(np.array([3.0, 4.0]), epsilon=0.0).tolist()
    [0.6, 0.8]
    """
    if x.ndim == 2 and len(x) == 1:  # one row: numbers of Python are faster than arrays of one number
        alone: Array = x / math.sqrt(np.vdot(x, x) + x.shape[1] * epsilon)
        return alone
    lengths = np.sqrt(np.vecdot(x, x) + x.shape[-1] * epsilon)
    unit: Array = x / lengths[..., None]
    return unit


def after_norm(norm: Array, weight: Array) -> Array:
    """The matrix that follows `to_unit_length`: the weight of a torch layer, times the weight of the norm before it.

    The torch layer's weight is (d_out, D), the result is (D, d_out).

    >>> import numpy as np
    >>> from seqgen.inference.transformer_block import after_norm
    >>> after_norm(norm=np.array([1.0, 0.5, 0.5, 1.0]), weight=np.ones((1, 4))).tolist()
    [[2.0], [1.0], [1.0], [2.0]]
    """
    return np.ascontiguousarray(weight.T * (norm * len(norm) ** 0.5)[:, None])


def weighted(scores: Array, values: Array, *, is_bounded: bool = False) -> Array:
    """softmax(scores) times values, (..., T, S) and (..., S, K) -> (..., T, K). It overwrites the scores.

    Scores that are known to be bounded need no shift before `exp`.

    >>> import numpy as np
    >>> from seqgen.inference.transformer_block import weighted
    >>> weighted(np.zeros((1, 2)), values=np.array([[1.0, 5.0], [3.0, 7.0]])).tolist()
    [[2.0, 6.0]]
    """
    if not is_bounded:
        scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    sums: Array = scores @ values
    sums /= scores.sum(axis=-1, keepdims=True)
    return sums


def pairs(d_head: int) -> Array:
    """The order in which x[i] and x[i + K/2], which a rotation turns together, stand side by side.

    >>> from seqgen.inference.transformer_block import pairs
    >>> pairs(6).tolist()
    [0, 3, 1, 4, 2, 5]
    """
    return np.arange(d_head).reshape(2, -1).T.ravel()


def frequencies(config: TransformerConfig) -> Array:
    """How far each pair turns from one position to the next, in radians. (K/2,)

    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.inference.transformer_block import frequencies
    >>> shape = {"n_layer": 1, "d_model": 8, "n_head": 1, "d_head": 4, "d_feedforward": 8, "memory": 8, "dropout": 0.0}
    >>> frequencies(TransformerConfig(vocab_size=9, **shape)).tolist()
    [1.0, 0.01]
    """
    half = config.d_head // 2
    turns: Array = config.rope_base ** -(np.arange(half) / half)
    return turns


def rotation(position: int | Array, frequencies: Array, dtype: np.dtype[Any]) -> Array:
    """The complex factor that turns each pair of a position, (..., K/2), for numbers of a type.

    Positions grow without end, so the angles are float64.

    >>> import numpy as np
    >>> from seqgen.inference.transformer_block import rotation
    >>> rotation(3, np.array([0.0, 1.0]), np.dtype(np.float32)).dtype
    dtype('complex64')
    """
    factors: Array = np.exp(1j * (position * frequencies))
    return factors.astype(np.result_type(dtype, np.complex64))


def block_shapes(config: TransformerConfig) -> Shapes:
    """The shapes of a block's weights, without those of its attention to a source.

    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.inference.transformer_block import block_shapes
    >>> shape = {"n_layer": 1, "d_model": 8, "n_head": 2, "d_head": 6, "d_feedforward": 20, "memory": 8, "dropout": 0.0}
    >>> block_shapes(TransformerConfig(vocab_size=9, **shape))["attention.query.weight"]
    (12, 8)
    """
    d_model, d_heads = config.d_model, config.n_head * config.d_head
    return {
        "attention_norm.weight": (d_model,),
        **{f"attention.{name}.weight": (d_heads, d_model) for name in ("query", "key", "value")},
        **{f"attention.{name}_norm.weight": (config.d_head,) for name in ("query", "key")},
        "attention.out.weight": (d_model, d_heads),
        "mlp_norm.weight": (d_model,),
        **{f"mlp.{name}.weight": (config.d_feedforward, d_model) for name in ("gate", "up")},
        "mlp.down.weight": (d_model, config.d_feedforward),
    }
