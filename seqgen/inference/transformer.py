"""The Transformer step by step. Each block keeps the last `memory` keys and values in a ring."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from seqgen.config import TransformerConfig
from seqgen.inference.base import Array, Shapes, State, Stepper
from seqgen.inference.ngrams import NgramSums, ngram_shapes
from seqgen.inference.transformer_block import Block, after_norm, pairs, to_unit_length


@final
class TransformerStepper(Stepper):
    """The blocks of `seqgen.models.transformer`, for one position of each stream at a time.

    The weights are rearranged for few, large operations. The weight of a norm becomes part of the matrix after it. The
    two numbers that a rotation turns together stand side by side, so that they are one complex number.
    """

    def __init__(self, config: TransformerConfig, weights: Mapping[str, Array], n_streams: int) -> None:
        self._config = config
        self._embedding = weights["embedding.weight"]
        self._ngrams = NgramSums.of(config, weights, n_streams=n_streams)
        self._blocks = [Block(config, weights, number, n_streams) for number in range(config.n_layer)]
        head = self._embedding if config.tie_weights else weights["head.weight"]
        self._head = after_norm(weights["norm.weight"], head)  # (D, V)
        half = config.d_head // 2
        self._frequencies = config.rope_base ** -(np.arange(half) / half)
        self._position = 0

    def step(self, ids: Array) -> Array:
        x = self._vectors(ids[:, None])[:, 0]  # (B, D)
        rotation = self._rotation(self._position)
        for block in self._blocks:
            x = block.step(x, self._position, rotation)
        self._position += 1
        return self._logits(x)

    def read(self, ids: Sequence[int]) -> Array:
        memory = self._config.memory
        for first in range(0, len(ids), memory):
            x = self._read_window(np.array(ids[first : first + memory]))
        return self._logits(x[-1:])

    def _read_window(self, ids: Array) -> Array:
        """The residual stream after the last block, (T, D), for T positions of one stream at once."""
        positions = np.arange(self._position, self._position + len(ids))
        before = self._slots_before()
        x: Array = self._vectors(ids[None])[0]
        rotation = self._rotation(positions[:, None, None, None])
        for block in self._blocks:
            x = block.read(x, positions, before, rotation)
        self._position += len(ids)
        return x

    def _vectors(self, ids: Array) -> Array:
        """What T ids of each stream stand for, (B, T) -> (B, T, D)."""
        x: Array = self._embedding[ids]
        if self._ngrams is not None:
            x += self._ngrams.read(ids)
        return x

    def _rotation(self, position: int | Array) -> Array:
        """The complex factor that turns each pair of a position, (..., K/2).

        Positions grow without end, so the angles are float64.
        """
        factors: Array = np.exp(1j * (position * self._frequencies))
        return factors.astype(np.result_type(self._head.dtype, np.complex64))

    def _logits(self, x: Array) -> Array:
        logits: Array = to_unit_length(x, self._config.norm_epsilon) @ self._head
        return logits

    def fork(self, n_streams: int) -> TransformerStepper:
        forked = copy.copy(self)
        forked._blocks = [block.fork(n_streams) for block in self._blocks]
        forked._ngrams = self._ngrams and self._ngrams.fork(n_streams)
        return forked

    def state(self) -> State:
        slots = self._slots_before()
        split_halves = np.argsort(self._pairs())  # undoes the order in pairs
        memories = ((block.keys[:, :, slots][..., split_halves], block.values[:, :, slots]) for block in self._blocks)
        positions = np.full(len(self._blocks[0].keys), self._position, dtype=np.int64)
        past = () if self._ngrams is None else self._ngrams.state()
        return (*(part for memory in memories for part in memory), positions, *past)

    def set_state(self, state: State) -> None:
        if self._ngrams is not None:
            self._ngrams.set_state(state[-1])
            state = state[:-1]
        *memories, positions = state
        self._position = int(positions[0])
        slots = self._slots_before()
        for block, keys, values in zip(self._blocks, memories[::2], memories[1::2], strict=True):
            block.keys[:, :, slots], block.values[:, :, slots] = keys[..., self._pairs()], values

    def _pairs(self) -> Array:
        return pairs(self._config.d_head)

    def _slots_before(self) -> Array:
        """Slots of the ring that hold the positions which the next one can still see, the oldest first."""
        oldest = max(0, self._position - self._config.memory + 1)
        slots: Array = np.arange(oldest, self._position) % self._config.memory
        return slots


def build(config: TransformerConfig, weights: Mapping[str, Array], n_streams: int) -> TransformerStepper:
    """A stepper of the Transformer's blocks."""
    return TransformerStepper(config, weights, n_streams)


def weight_shapes(config: TransformerConfig) -> Shapes:
    """The shapes of the model's weights."""
    d_model, d_heads = config.d_model, config.n_head * config.d_head
    of_block: Shapes = {
        "attention_norm.weight": (d_model,),
        **{f"attention.{name}.weight": (d_heads, d_model) for name in ("query", "key", "value")},
        **{f"attention.{name}_norm.weight": (config.d_head,) for name in ("query", "key")},
        "attention.out.weight": (d_model, d_heads),
        "mlp_norm.weight": (d_model,),
        **{f"mlp.{name}.weight": (config.d_feedforward, d_model) for name in ("gate", "up")},
        "mlp.down.weight": (d_model, config.d_feedforward),
    }
    shapes: Shapes = {"embedding.weight": (config.vocab_size, d_model), "norm.weight": (d_model,)}
    shapes |= ngram_shapes(config, d_model)
    if not config.tie_weights:
        shapes["head.weight"] = (config.vocab_size, d_model)
    for number in range(config.n_layer):
        shapes |= {f"blocks.{number}.{name}": shape for name, shape in of_block.items()}
    return shapes
