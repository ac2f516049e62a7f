"""The attention of a Transformer's blocks to their sources, in NumPy."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.config import EncoderConfig, TransformerConfig
from seqgen.inference.base import Array, Shapes, State, layer_weights
from seqgen.inference.source_memory import SourceMemory, in_parts, softmax
from seqgen.inference.transformer_block import after_norm, to_unit_length


@final
class CrossAttention:
    """What every block attends with, and the keys and values of the sources.

    A decoder that does not attend to every position attends to one vector, the mean of what the encoder wrote.
    """

    def __init__(self, config: TransformerConfig, weights: Mapping[str, Array], encoder: EncoderConfig) -> None:
        self._has_attention = encoder.attention
        self._blocks = [
            _OfBlock(config, layer_weights(weights, f"blocks.{number}.cross.")) for number in range(config.n_layer)
        ]
        self._memory: SourceMemory | None = None
        self.latest: Array | None = None
        """The mean over the heads of the weights with which the last block attended in the latest step, (B, S)."""

    def memorise(self, outputs: Array, lengths: Array) -> SourceMemory:
        """Keys and values of all blocks for what an encoder wrote, (B, S, D)."""
        if not self._has_attention:
            is_read = np.arange(outputs.shape[1]) < lengths[:, None]  # (B, S)
            outputs = (outputs * is_read[..., None]).sum(axis=1, keepdims=True) / lengths[:, None, None]
            outputs, lengths = outputs.astype(outputs.dtype, copy=False), np.ones_like(lengths)
        return SourceMemory([array for block in self._blocks for array in block.memorise(outputs)], lengths)

    def read(self, x: Array, number: int) -> Array:
        """What the block with this number adds to the residual stream. (B*T, D) -> (B*T, D)"""
        memory = self._memory
        assert memory is not None, "a decoder with an encoder begins with `start`"
        keys, values = memory.arrays[2 * number : 2 * number + 2]
        weights, output = self._blocks[number].read(x, keys, values, memory.penalty)
        if self._has_attention and number == len(self._blocks) - 1:
            self.latest = weights.mean(axis=1)
        return output

    def carry(self, memory: SourceMemory | None) -> None:
        """Attend to this from now on."""
        self._memory, self.latest = memory, None

    def select(self, rows: Array) -> CrossAttention:
        """The same weights, with the sources of these streams."""
        selected = copy.copy(self)
        selected.carry(self._memory and self._memory.select(rows))
        return selected

    def state(self) -> State:
        """The part of a stepper's state that belongs to the sources."""
        return () if self._memory is None else self._memory.state()


@final
class _OfBlock:
    """The weights of one block."""

    def __init__(self, config: TransformerConfig, cross: Mapping[str, Array]) -> None:
        self._config = config
        self._query = after_norm(cross["norm.weight"], cross["query.weight"])  # (D, HK)
        self._key, self._value, self._out = (
            np.ascontiguousarray(cross[f"{name}.weight"].T) for name in ("key", "value", "out")
        )
        # As in `Block`, the weight of the keys takes the factor sqrt(K) that is left of two norms and the divisor.
        self._query_norm = cross["query_norm.weight"]
        self._key_norm = cross["key_norm.weight"] * config.d_head**0.5

    def memorise(self, outputs: Array) -> tuple[Array, Array]:
        """Keys and values, (B, H, S, K) each."""
        keys = to_unit_length(self._heads(outputs @ self._key), self._config.norm_epsilon) * self._key_norm
        values = self._heads(outputs @ self._value)
        return np.ascontiguousarray(keys), np.ascontiguousarray(values)

    def read(self, x: Array, keys: Array, values: Array, penalty: Array) -> tuple[Array, Array]:
        """The weights of the last position, (B, H, S), and what to add to the residual stream."""
        epsilon = self._config.norm_epsilon
        sums = to_unit_length(x, epsilon) @ self._query
        query = to_unit_length(self._heads(sums.reshape(len(keys), -1, sums.shape[1])), epsilon)  # (B, H, T, K)
        query *= self._query_norm
        attended = np.empty_like(query)
        for rows in in_parts(query.shape[2], n_scores=math.prod(keys.shape[:3])):
            weights = softmax(query[:, :, rows] @ keys.swapaxes(2, 3) + penalty[:, None, None])
            attended[:, :, rows] = weights @ values
        return weights[:, :, -1], attended.swapaxes(1, 2).reshape(len(x), -1) @ self._out

    def _heads(self, x: Array) -> Array:
        return x.reshape(*x.shape[:2], self._config.n_head, self._config.d_head).swapaxes(1, 2)  # (B, H, T, K)


def cross_shapes(config: TransformerConfig, encoder: EncoderConfig) -> Shapes:
    """The shapes of the weights with which one block attends to sources.

    >>> from seqgen.config import EncoderConfig, TransformerConfig
    >>> from seqgen.inference.cross_attention import cross_shapes
    >>> shape = {"n_layer": 1, "d_model": 8, "n_head": 2, "d_head": 6, "d_feedforward": 8, "memory": 8, "dropout": 0.0}
    >>> encoder = EncoderConfig(vocab_size=7, n_layer=1, d_model=10, dropout=0.0)
    >>> cross_shapes(TransformerConfig(vocab_size=9, **shape), encoder)["cross.key.weight"]
    (12, 10)
    """
    d_heads = config.n_head * config.d_head
    return {
        "cross.norm.weight": (config.d_model,),
        "cross.query.weight": (d_heads, config.d_model),
        **{f"cross.{name}.weight": (d_heads, encoder.d_model) for name in ("key", "value")},
        **{f"cross.{name}_norm.weight": (config.d_head,) for name in ("query", "key")},
        "cross.out.weight": (config.d_model, d_heads),
    }
