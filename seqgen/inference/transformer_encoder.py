"""A Transformer encoder in NumPy: a whole batch of sources at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import final

import numpy as np

from seqgen.config import EncoderConfig, TransformerConfig
from seqgen.inference.base import Array, layer_weights
from seqgen.inference.transformer_block import Block, frequencies, rotation, to_unit_length


@final
class TransformerEncoder:
    """An embedding, blocks without a ring, and a norm: `seqgen.models.transformer_encoder` over a whole source."""

    def __init__(self, config: TransformerConfig, weights: Mapping[str, Array], encoder: EncoderConfig) -> None:
        self._config = replace(config, d_model=encoder.d_model)
        self._is_causal = encoder.direction == "forward"
        self._embedding = weights["encoder.embedding.weight"]
        of_blocks = (layer_weights(weights, f"encoder.blocks.{number}.") for number in range(encoder.n_layer))
        self._blocks = [Block(self._config, block, 0) for block in of_blocks]
        self._norm = weights["encoder.norm.weight"] * encoder.d_model**0.5  # see `to_unit_length`
        self._frequencies = frequencies(config)

    def read(self, ids: Array, lengths: Array) -> Array:
        """What the encoder writes about sources (B, S): (B, S, D), where padding is not defined."""
        n_streams, n_time = ids.shape
        positions = np.tile(np.arange(n_time), n_streams)[:, None, None, None]
        turns = rotation(positions, self._frequencies, self._embedding.dtype)
        penalty = partial(self._penalty, lengths, n_time)
        x: Array = self._embedding[ids.ravel()]  # (B*S, D)
        for block in self._blocks:
            x = block.feed_forward(block.attend_to_all(x, penalty, turns, n_streams=n_streams))
        outputs: Array = to_unit_length(x, self._config.norm_epsilon) * self._norm
        return outputs.reshape(n_streams, n_time, -1)

    def _penalty(self, lengths: Array, n_time: int, rows: slice) -> Array:
        """What is added to the scores of some positions, (B, 1, T or 1, S): nothing where a position may look."""
        times = np.arange(n_time)
        is_seen = (times < lengths[:, None])[:, None, None]  # (B, 1, 1, S)
        if self._is_causal:
            is_seen = is_seen & (times <= times[rows, None])
        return np.where(is_seen, 0, -np.inf).astype(self._embedding.dtype)
