"""What all recurrent encoders share: layers of the decoder's cell that read a source from one end or from both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast, final

import torch
from torch import Tensor, nn

from seqgen.config import EncoderConfig, RecurrentConfig
from seqgen.models.base import Encoder, Matrix
from seqgen.models.dropout import LockedDropout
from seqgen.models.padding import at_end, reorder, reversed_order
from seqgen.models.recurrent_layer import RecurrentLayer


@final
class RecurrentEncoder(Encoder):
    """An embedding and L layers of one cell (Sutskever, Vinyals & Le 2014; Schuster & Paliwal 1997 for both ends).

    Its summary of a source is what the last layer has written when it has read the whole source, in each direction.

    Args:
        config: the configuration of the decoder.
        make_layer: returns a new layer for an input width E and a configuration of its cell.
    """

    def __init__(
        self, encoder: EncoderConfig, config: RecurrentConfig, make_layer: Callable[[int, Any], RecurrentLayer]
    ) -> None:
        super().__init__()
        n_directions = 2 if encoder.direction == "bidirectional" else 1
        self.n_ahead = encoder.d_model // n_directions
        """How many units of the output read ahead. The others, if there are any, read back."""
        layer_config = replace(config, d_model=self.n_ahead, tie_weights=False)
        self.embedding = nn.Embedding(encoder.vocab_size, encoder.d_model)
        self.layers = nn.ModuleList(
            EncoderLayer(*(make_layer(encoder.d_model, layer_config) for _ in range(n_directions)))
            for _ in range(encoder.n_layer)
        )
        self.dropout = LockedDropout(encoder.dropout)

    def forward(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        x: Tensor = self.embedding(ids)  # (B, S, D)
        order = reversed_order(lengths, ids.shape[1])  # (B, S)
        for layer in self._layers():
            x = self.dropout(layer(x, order))
        last_ahead, last_back = at_end(x, lengths)[:, : self.n_ahead], x[:, 0, self.n_ahead :]
        return x, torch.cat([last_ahead, last_back], dim=1)

    def matrices(self) -> list[Matrix]:
        return [matrix for layer in self._layers() for matrix in layer.matrices()]

    def _layers(self) -> list[EncoderLayer]:
        return cast(list[EncoderLayer], list(self.layers))


@final
class EncoderLayer(nn.Module):
    """A layer that reads from the beginning and, for both ends, one that reads from the end: outputs side by side."""

    def __init__(self, ahead: RecurrentLayer, back: RecurrentLayer | None = None) -> None:
        super().__init__()
        self.ahead = ahead
        self.back = back

    def forward(self, x: Tensor, order: Tensor) -> Tensor:
        """(B, S, E), and the positions from each source's end to its beginning, (B, S) -> (B, S, D)."""
        ahead = _read(self.ahead, x)
        if self.back is None:
            return ahead
        return torch.cat([ahead, reorder(_read(self.back, reorder(x, order)), order)], dim=2)

    def matrices(self) -> list[Matrix]:
        return self.ahead.matrices() + ([] if self.back is None else self.back.matrices())


def _read(layer: RecurrentLayer, x: Tensor) -> Tensor:
    """A layer over sources from their beginning: (B, S, E) -> (B, S, D)."""
    output, _ = layer(x.transpose(0, 1), None)
    return cast(Tensor, output).transpose(0, 1)
