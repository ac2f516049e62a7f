"""A Transformer decoder that carries keys and values along: the block known as Qwen3, over a sliding window.

Pre-norm RMSNorm, rotary positions in the split-half convention, an RMSNorm for the queries and one for the keys of
each head, SwiGLU, no biases. Each position attends to itself and the `memory - 1` positions before it. These may lie in
earlier windows: their keys and values are the state (Dai et al. 2019).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import TransformerConfig
from seqgen.models.attention import Attended, Attention, attention_weights, sliding_window
from seqgen.models.base import Decoder, Matrix, State, Trace
from seqgen.models.dropout import LockedDropout
from seqgen.models.ngrams import NgramEmbeddings, carried_past, split_state
from seqgen.models.rms_norm import RmsNorm


@final
class TransformerDecoder(Decoder):
    """An embedding, L blocks, a final norm and an output layer (Vaswani et al. 2017; Qwen3, Yang et al. 2025).

    Its state is the keys and the values of each block, (B, H, S, K) each, and the position of every stream, (B,).
    """

    head: nn.Linear

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.vocab_size = config.vocab_size
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.dropout = LockedDropout(config.dropout)
        self._initialise()
        if config.tie_weights:
            self.embedding.weight = self.head.weight
        self.ngrams = NgramEmbeddings.of(config, config.d_model)

    def _initialise(self) -> None:
        """Weights have variance 1/d_input. The matrices that write to the residual stream start at zero."""
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            if name.endswith(("attention.out.weight", "mlp.down.weight")):
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)

    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        before, past = split_state(self.ngrams, state)
        *memories, position = before or self._empty_state(ids)
        after: list[Tensor] = []
        for x, attended in self._read(self._vectors(ids, past), memories, position):
            last = x  # in the end, the residual stream after the last block
            after.extend(self._carried(attended))
        return self.norm(last), (*after, position + ids.shape[1], *carried_past(self.ngrams, ids, past))  # (B, T, D)

    def trace(self, ids: Tensor, state: State | None = None) -> Trace:
        before, past = split_state(self.ngrams, state)
        *memories, position = before or self._empty_state(ids)
        layers: list[Tensor] = []
        weights: list[Tensor] = []
        after: list[Tensor] = []
        for x, attended in self._read(self._vectors(ids, past), memories, position):
            layers.append(x)
            weights.append(attention_weights(attended.query, attended.keys, attended.mask))
            after.extend(self._carried(attended))
        return Trace(
            features=self.norm(layers[-1]),
            layers=torch.stack(layers),
            attention=torch.stack(weights),
            state=(*after, position + ids.shape[1], *carried_past(self.ngrams, ids, past)),
        )

    def _vectors(self, ids: Tensor, past: Tensor | None) -> Tensor:
        """What the ids stand for, (B, T, D)."""
        x: Tensor = self.embedding(ids)
        if self.ngrams is not None:
            x = x + self.ngrams(ids, past)
        return self.dropout(x)  # type: ignore[no-any-return]

    def _read(self, x: Tensor, memories: list[Tensor], position: Tensor) -> Iterator[tuple[Tensor, Attended]]:
        """Block by block: the residual stream after it, (B, T, D), and what its attention read."""
        n_time, n_before = x.shape[1], memories[0].shape[2]
        rotation = self._rotation(position, n_time)
        mask = sliding_window(n_time, n_before, self.config.memory, x.device)  # (T, S+T)
        for number, block in enumerate(self.blocks):
            memory = (memories[2 * number], memories[2 * number + 1])
            x, attended = block(x, memory, rotation, mask)
            yield x, attended

    def _carried(self, attended: Attended) -> State:
        """The keys and values that the next window can still see, in the data type of the weights."""
        n_all = attended.keys.shape[2]
        first = n_all - min(n_all, self.config.memory - 1)
        return tuple(part[:, :, first:].to(self.head.weight.dtype) for part in (attended.keys, attended.values))

    def matrices(self) -> list[Matrix]:
        matrices = [Matrix(weight) for weight in self.blocks.parameters() if weight.dim() == 2]
        return matrices if self.ngrams is None else [*matrices, *map(Matrix, self.ngrams.maps())]

    def _empty_state(self, ids: Tensor) -> State:
        config, n_streams = self.config, len(ids)
        empty = self.head.weight.new_empty(n_streams, config.n_head, 0, config.d_head)  # (B, H, S=0, K)
        position = torch.zeros(n_streams, dtype=torch.int64, device=ids.device)
        return (*[empty] * (2 * config.n_layer), position)

    def _rotation(self, position: Tensor, n_time: int) -> tuple[Tensor, Tensor]:
        """Cosine and sine of every position's angles, (B, 1, T, K/2) each.

        Positions grow without end, so the angles are float64. They are computed on the CPU because some devices do
        not have that type.
        """
        half = self.config.d_head // 2
        powers = torch.arange(half, dtype=torch.float64) / half
        positions = position.cpu()[:, None] + torch.arange(n_time)  # (B, T)
        angles = positions[:, None, :, None] * self.config.rope_base**-powers  # (B, 1, T, K/2)
        return angles.cos().to(self.head.weight), angles.sin().to(self.head.weight)


@final
class Block(nn.Module):
    """Attention, then a gated feed-forward layer. Each reads a normed copy of the residual stream and adds to it."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.attention_norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.attention = Attention(config)
        self.mlp_norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.mlp = SwiGlu(config.d_model, config.d_feedforward)
        self.dropout = LockedDropout(config.dropout)

    def forward(
        self, x: Tensor, memory: State, rotation: tuple[Tensor, Tensor], mask: Tensor
    ) -> tuple[Tensor, Attended]:
        output, attended = self.attention(self.attention_norm(x), memory, rotation, mask)
        x = x + self.dropout(output)
        return x + self.dropout(self.mlp(self.mlp_norm(x))), attended


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


def build(config: TransformerConfig) -> TransformerDecoder:
    """A Transformer with new weights.

    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.models.transformer import build
    >>> model = build(TransformerConfig(
    ...     vocab_size=9, n_layer=2, d_model=8, n_head=2, d_head=6, d_feedforward=16, memory=32, dropout=0.0
    ... ))
    >>> len(model.matrices())  # 7 a block: query, key, value, out, gate, up, down
    14
    """
    return TransformerDecoder(config)
