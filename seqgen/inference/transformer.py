"""One step of the Transformer, its memory a ring of the last `memory` keys and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from seqgen.config import TransformerConfig
from seqgen.inference.base import Array, State, Stepper, lay_out


@final
class TransformerStepper(Stepper):
    """The blocks of `seqgen.models.transformer` for one position a stream."""

    def __init__(self, config: TransformerConfig, weights: Mapping[str, Array], n_streams: int) -> None:
        self._config = config
        self._embedding = weights["embedding.weight"]
        self._blocks = [_Block(config, weights, number, n_streams) for number in range(config.n_layer)]
        self._norm = weights["norm.weight"]
        head = self._embedding if config.tie_weights else weights["head.weight"]
        self._head = lay_out(head.T, n_streams)  # (D, V)
        half = config.d_head // 2
        self._frequencies = config.rope_base ** -(np.arange(half) / half)
        self._position = 0

    def step(self, ids: Array) -> Array:
        angles = self._position * self._frequencies  # float64: positions grow without end
        dtype = self._head.dtype
        rotation = np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)
        x = self._embedding[ids]  # (B, D)
        for block in self._blocks:
            x = block.step(x, self._position, rotation)
        self._position += 1
        logits: Array = normalise(x, self._norm, self._config.norm_epsilon) @ self._head
        return logits

    def read(self, ids: Sequence[int], n_streams: int) -> Array:
        memory = self._config.memory
        for first in range(0, len(ids), memory):
            x = self._read_window(np.array(ids[first : first + memory]))
        logits = normalise(x[-1:], self._norm, self._config.norm_epsilon) @ self._head
        return np.repeat(logits, n_streams, axis=0)

    def _read_window(self, ids: Array) -> Array:
        """The residual stream after the last block, (T, D), for T positions of one stream at once."""
        positions = np.arange(self._position, self._position + len(ids))
        angles = positions[:, None, None] * self._frequencies  # (T, 1, D/2H)
        rotation = np.cos(angles).astype(self._head.dtype), np.sin(angles).astype(self._head.dtype)
        before = self._slots_before()
        x = self._embedding[ids]
        for block in self._blocks:
            x = block.read(x, positions, before, rotation)
        self._position += len(ids)
        return x

    def state(self) -> State:
        slots = self._slots_before()
        rings = (ring for block in self._blocks for ring in (block.keys, block.values))
        positions = np.full(len(self._blocks[0].keys), self._position, dtype=np.int64)
        return (*(ring[:, :, slots] for ring in rings), positions)

    def set_state(self, state: State) -> None:
        *memories, positions = state
        self._position = int(positions[0])
        slots = self._slots_before()
        rings = (ring for block in self._blocks for ring in (block.keys, block.values))
        for ring, memory in zip(rings, memories, strict=True):
            ring[:, :, slots] = memory

    def _slots_before(self) -> Array:
        """Where in the ring the positions lie that the next one can still see, the oldest first."""
        oldest = max(0, self._position - self._config.memory + 1)
        slots: Array = np.arange(oldest, self._position) % self._config.memory
        return slots


@final
class _Block:
    """Weights of one block and its ring: `keys` and `values` are (B, H, memory, D/H)."""

    def __init__(self, config: TransformerConfig, weights: Mapping[str, Array], number: int, n_streams: int) -> None:
        own = {name.removeprefix(f"blocks.{number}."): array for name, array in weights.items()}
        self._config = config
        self._attention_norm, self._mlp_norm = own["attention_norm.weight"], own["mlp_norm.weight"]
        self._query_norm = own["attention.query_norm.weight"] * config.d_head**-0.5
        self._key_norm = own["attention.key_norm.weight"]
        inputs = [own[f"attention.{name}.weight"].T for name in ("query", "key", "value")]
        self._inputs = lay_out(np.concatenate(inputs, axis=1), n_streams)  # (D, 3 H D/H)
        self._out = lay_out(own["attention.out.weight"].T, n_streams)
        gate_up = np.concatenate([own["mlp.gate.weight"].T, own["mlp.up.weight"].T], axis=1)
        self._gate_up = lay_out(gate_up, n_streams)  # (D, 2F)
        self._down = lay_out(own["mlp.down.weight"].T, n_streams)
        self.keys = np.zeros((n_streams, config.n_head, config.memory, config.d_head), self._out.dtype)
        self.values = np.zeros_like(self.keys)

    def step(self, x: Array, position: int, rotation: tuple[Array, Array]) -> Array:
        """One position of B streams: (B, D) -> (B, D)."""
        return self._feed_forward(x + self._attend(x, position, rotation))

    def read(self, x: Array, positions: Array, before: Array, rotation: tuple[Array, Array]) -> Array:
        """T positions of one stream, which all streams have alike: (T, D) -> (T, D). `before`: slots seen already."""
        config = self._config
        query, key, value = (part.swapaxes(0, 1) for part in self._project(x, rotation))  # (H, T, D/H)
        keys = np.concatenate((self.keys[0][:, before], key), axis=1)  # (H, S+T, D/H)
        values = np.concatenate((self.values[0][:, before], value), axis=1)
        age = np.arange(len(before), len(before) + len(x))[:, None] - np.arange(keys.shape[1])
        scores = np.where((age >= 0) & (age < config.memory), query @ keys.swapaxes(1, 2), -np.inf)  # (H, T, S+T)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        attended = (scores @ values).swapaxes(0, 1).reshape(len(x), -1)
        slots = positions % config.memory
        self.keys[:, :, slots], self.values[:, :, slots] = key, value
        return self._feed_forward(x + attended @ self._out)

    def _project(self, x: Array, rotation: tuple[Array, Array]) -> tuple[Array, Array, Array]:
        """Queries, keys and values, (B, H, D/H) each: normed and turned as far as they are."""
        config = self._config
        normed = normalise(x, self._attention_norm, config.norm_epsilon)
        query, key, value = (normed @ self._inputs).reshape(len(x), 3, config.n_head, config.d_head).swapaxes(0, 1)
        query = rotate(normalise(query, self._query_norm, config.norm_epsilon), rotation)
        return query, rotate(normalise(key, self._key_norm, config.norm_epsilon), rotation), value

    def _feed_forward(self, x: Array) -> Array:
        gate, up = np.split(normalise(x, self._mlp_norm, self._config.norm_epsilon) @ self._gate_up, 2, axis=1)
        swish = gate / (1 + np.exp(-np.maximum(gate, -80)))  # below -80 it is zero, and exp would overflow
        fed: Array = x + (swish * up) @ self._down
        return fed

    def _attend(self, x: Array, position: int, rotation: tuple[Array, Array]) -> Array:
        config = self._config
        query, key, value = self._project(x, rotation)
        slot = position % config.memory
        self.keys[:, :, slot], self.values[:, :, slot] = key, value
        n_seen = min(position + 1, config.memory)
        scores = np.matmul(self.keys[:, :, :n_seen], query[..., None])[..., 0]  # (B, H, S+1)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        attended = np.matmul(scores[:, :, None], self.values[:, :, :n_seen])  # (B, H, 1, D/H)
        joined: Array = attended.reshape(len(x), -1) @ self._out
        return joined


def normalise(x: Array, weight: Array, epsilon: float) -> Array:
    """RMSNorm over the last axis (Zhang & Sennrich 2019)."""
    mean_square = np.einsum("...d,...d->...", x, x)[..., None] / x.shape[-1]
    normed: Array = x / np.sqrt(mean_square + epsilon, dtype=x.dtype) * weight
    return normed


def rotate(x: Array, rotation: tuple[Array, Array]) -> Array:
    """Turn each pair (x[i], x[i + half]) by its angle; x is (..., D/H)."""
    cosine, sine = rotation
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate((first * cosine - second * sine, second * cosine + first * sine), axis=-1)


def build(config: TransformerConfig, weights: Mapping[str, Array], n_streams: int) -> TransformerStepper:
    """A stepper over the Transformer's blocks."""
    return TransformerStepper(config, weights, n_streams)
