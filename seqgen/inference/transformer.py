"""The Transformer step by step. Each block keeps the last `memory` keys and values in a ring."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import final

import numpy as np

from seqgen.config import NO_ID, EncoderConfig, TransformerConfig, UnitName
from seqgen.inference.base import Array, Shapes, State, Stepper, layer_weights, padded_before
from seqgen.inference.cross_attention import CrossAttention, cross_shapes
from seqgen.inference.ngrams import NgramSums, ngram_shapes
from seqgen.inference.source_memory import SourceMemory
from seqgen.inference.transformer_block import (
    Block,
    after_norm,
    block_shapes,
    frequencies,
    pairs,
    rotation,
    to_unit_length,
)
from seqgen.inference.transformer_encoder import TransformerEncoder

_MOST_SCORES = 1 << 23
"""Scores of a prompt, or of sources, that are computed at once. So they do not fill the memory."""


@final
class TransformerStepper(Stepper):
    """The blocks of `seqgen.models.transformer`, for one position of each stream at a time.

    The weights are rearranged for few, large operations. The weight of a norm becomes part of the matrix after it. The
    two numbers that a rotation turns together stand side by side, so that they are one complex number.
    """

    def __init__(
        self, config: TransformerConfig, weights: Mapping[str, Array], n_streams: int, encoder: EncoderConfig | None
    ) -> None:
        self._config = config
        self._embedding = weights["embedding.weight"]
        self._ngrams = NgramSums.of(config, weights, n_streams=n_streams)
        self._blocks = [
            Block(config, layer_weights(weights, f"blocks.{number}."), n_streams) for number in range(config.n_layer)
        ]
        self._encoder = TransformerEncoder(config, weights, encoder) if encoder else None
        self._cross = CrossAttention(config, weights, encoder) if encoder else None
        head = self._embedding if config.tie_weights else weights["head.weight"]
        self._head = after_norm(weights["norm.weight"], head)  # (D, V)
        self._frequencies = frequencies(config)
        self._held: dict[UnitName, float] = {}
        self._position = 0
        self._begins: Array | None = None
        """The position at which each stream began, (B,). None if all began at 0."""

    def step(self, ids: Array) -> Array:
        x: Array = self._vectors(ids[:, None], ids[:, None])[:, 0]
        begins = 0 if self._begins is None else self._begins[:, None, None, None]
        turns, penalty = self._rotation(self._position - begins), self._penalty()
        for number, block in enumerate(self._blocks):
            x = self._after(block.attend(x, self._position, turns, penalty), number)
        self._position += 1
        return self._logits(x)

    def _penalty(self) -> Array | None:
        """What is added to the scores of this position, (B, 1, 1, slots): what a stream read before it began does not
        count. None if no stream can see that."""
        memory = self._config.memory
        if self._begins is None or self._begins.max() <= self._position + 1 - memory:
            return None
        slots = np.arange(min(self._position + 1, memory))
        positions = self._position - (self._position - slots) % memory
        # Each sees itself at least: with nothing to see, softmax would be undefined.
        is_seen = (positions >= self._begins[:, None]) | (positions == self._position)
        return np.where(is_seen, 0, -np.inf).astype(self._head.dtype)[:, None, None]

    def read(self, ids: Sequence[int]) -> Array:
        return self._logits(self._read_all(np.array([ids]))[-1:])

    @property
    def reach(self) -> int | None:
        n_with_first = self._config.ngram_order or 1  # the ids that the first position stands for
        return self._config.n_layer * (self._config.memory - 1) + n_with_first

    def _read_all(self, ids: Array) -> Array:
        """Read ids of each stream, (B, T), and return what `_read_window` returns of the last ones."""
        n_scores = len(ids) * self._config.n_head * self._config.memory  # of one position, at most
        n_at_once = min(self._config.memory, max(1, _MOST_SCORES // n_scores))
        for first in range(0, ids.shape[1], n_at_once):
            x = self._read_window(ids[:, first : first + n_at_once])
        return x

    def _read_window(self, ids: Array) -> Array:
        """The residual stream after the last block, (B*T, D), for T positions of each stream at once."""
        positions = np.arange(self._position, self._position + ids.shape[1])
        begins = np.zeros(len(ids), np.int64) if self._begins is None else self._begins
        places = positions - begins[:, None]  # (B, T); below 0 before a stream begins
        before = self._slots_since(0)
        x = self._vectors(ids, np.where(places < 0, NO_ID, ids)).reshape(ids.size, -1)
        turns = self._rotation(places.reshape(-1, 1, 1, 1))
        for number, block in enumerate(self._blocks):
            x = self._after(block.attend_at_once(x, positions, before, turns, begins=self._begins), number)
        self._position += ids.shape[1]
        return x

    def _vectors(self, ids: Array, grams: Array) -> Array:
        """What T ids of each stream stand for, (B, T) -> (B, T, D). `grams` are the ids that n-grams see."""
        x: Array = self._embedding[ids]
        if self._ngrams is not None:
            x += self._ngrams.read(grams)
        return x

    def _after(self, x: Array, number: int) -> Array:
        """The block with this number from its attention to its end, for each position by itself: (N, D) -> (N, D)."""
        if self._cross is not None:
            x += self._cross.read(x, number)
        x = self._blocks[number].feed_forward(x)
        for unit, value in self._held.items():
            if unit.layer == number:
                x[:, unit.number] = value
        return x

    def _rotation(self, position: int | Array) -> Array:
        return rotation(position, self._frequencies, self._head.dtype)

    def _logits(self, x: Array) -> Array:
        logits: Array = to_unit_length(x, self._config.norm_epsilon) @ self._head
        return logits

    def start(self, ids: Array, lengths: Array) -> None:
        self._position, self._begins = 0, None
        self.select(np.zeros(len(ids), np.int64))
        self._ngrams = self._ngrams and self._ngrams.anew(len(ids))
        if self._encoder is None or self._cross is None:
            self._read_sources(ids, lengths)
        else:
            self._cross.carry(self._cross.memorise(self._encoder.read(ids, lengths), lengths))

    def _read_sources(self, ids: Array, lengths: Array) -> None:
        """Read sources that end together. No stream sees the padding that it has read before its source."""
        padded, begins = padded_before(ids, lengths)
        self._begins = begins if begins.any() else None
        self._read_all(self._config.vocab_size + padded)

    @property
    def source_attention(self) -> Array | None:
        return self._cross and self._cross.latest

    def select(self, rows: Array) -> None:
        for block in self._blocks:
            block.select(rows, self._n_seen())
        self._begins = None if self._begins is None else self._begins[rows]
        self._ngrams = self._ngrams and self._ngrams.select(rows)
        if self._cross is not None:
            self._cross = self._cross.select(rows)

    def fork(self, n_streams: int) -> TransformerStepper:
        forked = copy.copy(self)
        forked._blocks = [block.fork(n_streams, self._n_seen()) for block in self._blocks]
        forked._begins = None if self._begins is None else np.repeat(self._begins, n_streams)
        forked._ngrams = self._ngrams and self._ngrams.fork(n_streams)
        forked._cross = self._cross and self._cross.select(np.zeros(n_streams, np.int64))
        return forked

    def hold(self, units: Mapping[UnitName, float]) -> None:
        self._held = dict(units)

    def state(self) -> State:
        slots = self._slots_since(self._beginning())
        split_halves = np.argsort(self._pairs())  # undoes the order in pairs
        memories = ((block.keys[:, :, slots][..., split_halves], block.values[:, :, slots]) for block in self._blocks)
        positions = np.full(len(self._blocks[0].keys), self._position - self._beginning(), dtype=np.int64)
        source = () if self._cross is None else self._cross.state()
        past = () if self._ngrams is None else self._ngrams.state()
        return (*(part for memory in memories for part in memory), positions, *source, *past)

    def set_state(self, state: State) -> None:
        if self._ngrams is not None:
            self._ngrams.set_state(state[-1])
            state = state[:-1]
        n_memories = 2 * len(self._blocks)
        memories, positions, source = state[:n_memories], state[n_memories], state[n_memories + 1 :]
        if self._cross is not None:
            self._cross.carry(SourceMemory.of(source))
        self._position, self._begins = int(positions[0]), None
        slots = self._slots_since(0)
        for block, keys, values in zip(self._blocks, memories[::2], memories[1::2], strict=True):
            block.keys[:, :, slots], block.values[:, :, slots] = keys[..., self._pairs()], values

    def _pairs(self) -> Array:
        return pairs(self._config.d_head)

    def _n_seen(self) -> int:
        """How many slots of the ring are filled."""
        return min(self._position, self._config.memory)

    def _beginning(self) -> int:
        """The position at which all streams began."""
        if self._begins is None:
            return 0
        assert np.ptp(self._begins) == 0, "streams that began at different positions have no common state"
        return int(self._begins[0])

    def _slots_since(self, first: int) -> Array:
        """Slots of the ring that hold the positions from `first` on which the next one can still see, the oldest
        first."""
        oldest = max(first, self._position - self._config.memory + 1)
        slots: Array = np.arange(oldest, self._position) % self._config.memory
        return slots


def build(
    config: TransformerConfig, weights: Mapping[str, Array], n_streams: int, encoder: EncoderConfig | None
) -> TransformerStepper:
    """A stepper of the Transformer's blocks."""
    return TransformerStepper(config, weights, n_streams, encoder)


def weight_shapes(config: TransformerConfig, encoder: EncoderConfig | None) -> Shapes:
    """The shapes of the model's weights."""
    d_model = config.d_model
    shapes: Shapes = {"embedding.weight": (config.vocab_size + config.source_vocab_size, d_model)}
    shapes |= {"norm.weight": (d_model,), **ngram_shapes(config, d_model)}
    if not config.tie_weights:
        shapes["head.weight"] = (config.vocab_size, d_model)
    of_block = block_shapes(config)
    if encoder is not None:
        of_block |= cross_shapes(config, encoder)
        shapes |= {"encoder.embedding.weight": (encoder.vocab_size, encoder.d_model)}
        shapes |= {"encoder.norm.weight": (encoder.d_model,)}
        shapes |= _numbered("encoder.blocks", block_shapes(replace(config, d_model=encoder.d_model)), encoder.n_layer)
    return shapes | _numbered("blocks", of_block, config.n_layer)


def _numbered(name: str, shapes: Shapes, n_layer: int) -> Shapes:
    return {f"{name}.{number}.{weight}": shape for number in range(n_layer) for weight, shape in shapes.items()}
