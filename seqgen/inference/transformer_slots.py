"""The Transformer in slots: every stream is at a position of its own, and fills a ring of its own."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import final

import numpy as np

from seqgen.config import TransformerConfig
from seqgen.inference.base import Array, State, layer_weights
from seqgen.inference.ngrams import NgramSums
from seqgen.inference.row_products import RowProducts
from seqgen.inference.slots import Slots
from seqgen.inference.transformer_block import (
    Block,
    after_norm,
    frequencies,
    pairs,
    rotation,
    to_unit_length,
    weighted,
)


@final
class TransformerSlots(Slots):
    """The blocks of `TransformerStepper` for slots.

    A position stands in the ring where it would stand if its stream were alone, and every step looks at the whole
    ring: what is not filled yet gets no weight. So no sum depends on how far the others are.
    """

    def __init__(self, config: TransformerConfig, weights: Mapping[str, Array], n_slots: int) -> None:
        self._config = config
        self._embedding = weights["embedding.weight"]
        self._ngrams = NgramSums.of(config, weights, n_streams=n_slots)
        head = self._embedding if config.tie_weights else weights["head.weight"]
        self._head = after_norm(weights["norm.weight"], head)  # (D, V)
        of_blocks = [layer_weights(weights, f"blocks.{number}.") for number in range(config.n_layer)]
        d_heads, d_model = config.n_head * config.d_head, config.d_model
        of_attention = (d_model, 3 * d_heads), (d_heads, d_model)
        of_mlp = (d_model, 2 * config.d_feedforward), (config.d_feedforward, d_model)
        self._multiply = RowProducts.of([*of_attention, *of_mlp, self._head.shape], self._head.dtype)
        self._blocks = [Block(config, block, n_slots, multiply=self._multiply) for block in of_blocks]
        self._frequencies = frequencies(config)
        self._pairs = pairs(config.d_head)
        self._places = np.zeros(n_slots, np.int64)
        """How many ids each stream has read. (B,)"""

    def step(self, ids: Array) -> Array:
        x: Array = self._embedding[ids]
        if self._ngrams is not None:
            x += self._ngrams.read(ids[:, None])[:, 0]
        turns = rotation(self._places[:, None, None, None], self._frequencies, self._head.dtype)
        penalty = self._penalty()
        for block in self._blocks:
            x = block.feed_forward(self._attend(block, x, turns, penalty))
        self._places += 1
        return self._multiply(to_unit_length(x, self._config.norm_epsilon), self._head)

    def _attend(self, block: Block, x: Array, turns: Array, penalty: Array | None) -> Array:
        """One position of each stream: (B, D) -> (B, D)."""
        query, key, value = block.project(x, turns)
        streams, slots = np.arange(len(x)), self._places % self._config.memory
        block.keys[streams, :, slots], block.values[streams, :, slots] = key, value
        scores = (block.keys @ query[..., None]).swapaxes(2, 3)  # (B, H, 1, memory)
        if penalty is not None:
            scores += penalty
        return block.join(x, weighted(scores, block.values, is_bounded=block.is_bounded))

    def _penalty(self) -> Array | None:
        """What is added to scores, (B, 1, 1, memory): slots of the ring that are not filled yet get no weight."""
        if self._places.min() + 1 >= self._config.memory:
            return None
        is_filled = np.arange(self._config.memory) <= self._places[:, None]
        return np.where(is_filled, 0, -np.inf).astype(self._head.dtype)[:, None, None]

    def place(self, streams: Mapping[int, State]) -> None:
        self._places = self._places.copy()
        for slot, state in streams.items():
            if self._ngrams is not None:
                self._ngrams.replace(slot, state[-1][0])
            n_memories = 2 * len(self._blocks)
            memories, positions = state[:n_memories], state[n_memories]
            self._places[slot] = positions[0]
            ring = self._ring(slot, n_seen=memories[0].shape[2])
            for block, keys, values in zip(self._blocks, memories[::2], memories[1::2], strict=True):
                block.keys[slot][:, ring], block.values[slot][:, ring] = keys[0][..., self._pairs], values[0]

    def lift(self, slot: int) -> State:
        ring, split_halves = self._ring(slot), np.argsort(self._pairs)
        memories = (
            (block.keys[slot][None, :, ring][..., split_halves], block.values[slot][None, :, ring])
            for block in self._blocks
        )
        past = () if self._ngrams is None else (self._ngrams.past[slot : slot + 1].copy(),)
        return (*(part for memory in memories for part in memory), self._places[slot : slot + 1].copy(), *past)

    def _ring(self, slot: int, *, n_seen: int | None = None) -> Array:
        """The places in the ring of the latest positions that the next one can still see, the oldest first."""
        place, memory = int(self._places[slot]), self._config.memory
        n_latest = min(place, memory - 1) if n_seen is None else n_seen
        return np.arange(place - n_latest, place) % memory

    def anew(self, n_slots: int) -> TransformerSlots:
        begun = copy.copy(self)
        begun._blocks = [block.anew(n_slots) for block in self._blocks]
        begun._ngrams = self._ngrams and self._ngrams.anew(n_slots)
        begun._places = np.zeros(n_slots, np.int64)
        return begun

    def select(self, slots: Array) -> None:
        for block in self._blocks:
            block.select(slots, self._config.memory)
        self._places = self._places[slots]
        self._ngrams = self._ngrams and self._ngrams.select(slots)


def build_slots(config: TransformerConfig, weights: Mapping[str, Array], n_slots: int) -> TransformerSlots:
    """Slots of the Transformer's blocks."""
    return TransformerSlots(config, weights, n_slots)
