"""A Transformer encoder: the decoder's blocks over a source, of which each position may see all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import torch
from torch import Tensor, nn

from seqgen.config import EncoderConfig, TransformerConfig
from seqgen.models.attention import rotation
from seqgen.models.base import Encoder, Matrix
from seqgen.models.dropout import LockedDropout
from seqgen.models.padding import is_source
from seqgen.models.rms_norm import RmsNorm
from seqgen.models.transformer_block import Block, initialise_


@final
class TransformerEncoder(Encoder):
    """An embedding, L blocks and a final norm. Its summary of a source is the mean of what it writes about it.

    If it reads forward only, each position sees itself and all positions before it.

    Args:
        config: the configuration of the decoder.
    """

    def __init__(self, encoder: EncoderConfig, config: TransformerConfig) -> None:
        super().__init__()
        self.config = replace(config, d_model=encoder.d_model, n_layer=encoder.n_layer, dropout=encoder.dropout)
        self.is_causal = encoder.direction == "forward"
        self.embedding = nn.Embedding(encoder.vocab_size, encoder.d_model)
        self.blocks = nn.ModuleList(Block(self.config) for _ in range(encoder.n_layer))
        self.norm = RmsNorm(encoder.d_model, config.norm_epsilon)
        self.dropout = LockedDropout(encoder.dropout)
        initialise_(self)

    def forward(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        n_streams, n_positions = ids.shape
        is_read = is_source(lengths, n_positions)  # (B, S)
        # Padding stands at the end, so that a position which sees only those before it does not see the padding.
        mask = None if self.is_causal else is_read[:, None, None]  # (B, 1, 1, S)
        nothing = self.norm.weight.new_empty(n_streams, self.config.n_head, 0, self.config.d_head)
        turns = rotation(torch.zeros(1, dtype=torch.int64), n_positions, self.config, like=self.norm.weight)
        x = self.dropout(self.embedding(ids))  # (B, S, D)
        for block in self.blocks:
            x, _, _ = block(x, (nothing, nothing), turns, mask)
        outputs: Tensor = self.norm(x)
        summary: Tensor = (outputs * is_read[..., None]).sum(dim=1) / lengths[:, None]  # (B, D)
        return outputs, summary

    def matrices(self) -> list[Matrix]:
        return [Matrix(weight) for weight in self.blocks.parameters() if weight.dim() == 2]
