"""The block that Transformer decoders and encoders are made of, and how its weights start."""

from __future__ import annotations

from typing import final

import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import TransformerConfig
from seqgen.models.attention import Attended, Attention
from seqgen.models.base import State
from seqgen.models.cross_attention import CrossAttention
from seqgen.models.dropout import LockedDropout
from seqgen.models.rms_norm import RmsNorm


@final
class Block(nn.Module):
    """Attention, then a gated feed-forward layer. Each reads a normed copy of the residual stream and adds to it.

    With `d_source`, a decoder's block attends to a source of that width between the two.
    """

    def __init__(self, config: TransformerConfig, d_source: int | None = None) -> None:
        super().__init__()
        self.attention_norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.attention = Attention(config)
        self.mlp_norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.mlp = SwiGlu(config.d_model, config.d_feedforward)
        self.dropout = LockedDropout(config.dropout)
        self.cross = None if d_source is None else CrossAttention(config, d_source)

    def memory(self, outputs: Tensor) -> State:
        """The keys and values that a decoder's block has of an encoder's outputs, (B, H, S, K) each."""
        assert self.cross is not None, "this block does not attend to a source"
        return self.cross.memory(outputs)

    def forward(
        self,
        x: Tensor,
        memory: State,
        rotation: tuple[Tensor, Tensor],
        mask: Tensor | None,
        *,
        source: State = (),
    ) -> tuple[Tensor, Attended, Attended | None]:
        """The residual stream (B, T, D) after the block, what its attention read, and what it read of the source.

        `source` holds the keys and the values of a source, (B, H, S, K) each, and the lengths, (B,).
        """
        output, attended = self.attention(self.attention_norm(x), memory, rotation, mask)
        x = x + self.dropout(output)
        crossed = None
        if self.cross is not None:
            output, crossed = self.cross(x, source)
            x = x + self.dropout(output)
        return x + self.dropout(self.mlp(self.mlp_norm(x))), attended, crossed


@final
class SwiGlu(nn.Module):
    """A feed-forward layer with a gate that goes through swish (Shazeer 2020)."""

    def __init__(self, d_model: int, d_feedforward: int) -> None:
        super().__init__()
        self.gate = nn.Linear(d_model, d_feedforward, bias=False)
        self.up = nn.Linear(d_model, d_feedforward, bias=False)
        self.down = nn.Linear(d_feedforward, d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x)) * self.up(x))  # type: ignore[no-any-return]


def initialise_(module: nn.Module) -> None:
    """Weights have variance 1/d_input. The matrices that write to the residual stream start at zero.

    >>> from torch import nn
    >>> from seqgen.models.transformer_block import SwiGlu, initialise_
    >>> module = nn.ModuleDict({"mlp": SwiGlu(3, 5)})
    >>> initialise_(module)
    >>> module["mlp"].down.weight.abs().max().item()
    0.0
    """
    for name, parameter in module.named_parameters():
        if parameter.dim() < 2:
            continue
        if name.endswith(("attention.out.weight", "cross.out.weight", "mlp.down.weight")):
            nn.init.zeros_(parameter)
        else:
            nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)
