"""Multi-head attention of a Transformer's block over what an encoder has written about a source."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from seqgen.config import TransformerConfig
from seqgen.models.attention import Attended, attend
from seqgen.models.base import State
from seqgen.models.padding import is_source
from seqgen.models.rms_norm import RmsNorm


@final
class CrossAttention(nn.Module):
    """Queries from the decoder, keys and values from the encoder (Vaswani et al. 2017, section 3.2.3).

    It has a norm of its own for what it reads of the residual stream, and, as the other attention of a block, one for
    the queries and one for the keys of each head. There are no rotary positions: the encoder's outputs have theirs.
    """

    def __init__(self, config: TransformerConfig, d_source: int) -> None:
        super().__init__()
        self.config = config
        d_inner = config.n_head * config.d_head  # HK
        self.norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.query = nn.Linear(config.d_model, d_inner, bias=False)
        self.key = nn.Linear(d_source, d_inner, bias=False)
        self.value = nn.Linear(d_source, d_inner, bias=False)
        self.out = nn.Linear(d_inner, config.d_model, bias=False)
        self.query_norm = RmsNorm(config.d_head, config.norm_epsilon)
        self.key_norm = RmsNorm(config.d_head, config.norm_epsilon)

    def memory(self, outputs: Tensor) -> State:
        """What a decoder carries along of the encoder's outputs (B, S, D): keys and values, (B, H, S, K) each."""
        dtype = self.key.weight.dtype
        return self.key_norm(self._heads(self.key(outputs))).to(dtype), self._heads(self.value(outputs)).to(dtype)

    def forward(self, x: Tensor, source: State) -> tuple[Tensor, Attended]:
        """The residual stream (B, T, D), and the keys, values and lengths of a source -> what to add to the stream."""
        query = self.query_norm(self._heads(self.query(self.norm(x))))  # (B, H, T, K)
        keys, values, lengths = source
        mask = is_source(lengths, keys.shape[2])[:, None, None]  # (B, 1, 1, S)
        attended = Attended(query, keys.to(query.dtype), values.to(query.dtype), mask)
        output = attend(attended.query, attended.keys, attended.values, mask)
        return self.out(output.transpose(1, 2).flatten(2)), attended

    def _heads(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.config.n_head, self.config.d_head).transpose(1, 2)  # (B, H, T, K)
