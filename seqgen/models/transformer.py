"""A Transformer decoder with carried memory: the block known as Qwen3, over a sliding window.

Pre-norm RMSNorm, rotary positions in the split-half convention, an RMSNorm of its own for each head's
queries and keys, SwiGLU, no biases. Every position attends to itself and the `memory - 1` before it,
across windows: the keys and values of those positions are the state (Dai et al. 2019).
"""

from __future__ import annotations

from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import TransformerConfig
from seqgen.models.base import Decoder, Matrix, State
from seqgen.models.dropout import LockedDropout


@final
class TransformerDecoder(Decoder):
    """An embedding, L blocks, a final norm and an output layer (Vaswani et al. 2017; Qwen3, Yang et al. 2025)."""

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

    def _initialise(self) -> None:
        """Variance 1/d_input; what is added to the residual stream starts at zero."""
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            if name.endswith(("attention.out.weight", "mlp.down.weight")):
                nn.init.zeros_(parameter)
            else:
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)

    def features(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        *memories, position = state or self._empty_state(ids)
        n_time, n_before = ids.shape[1], memories[0].shape[2]
        rotation = self._rotation(position, n_time)
        mask = sliding_window(n_time, n_before, self.config.memory, ids.device)  # (T, S+T)
        x = self.dropout(self.embedding(ids))  # (B, T, D)
        after: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            memory = (memories[2 * number], memories[2 * number + 1])
            x, memory = block(x, memory, rotation, mask)
            after.extend(part.to(self.head.weight.dtype) for part in memory)
        return self.norm(x), (*after, position + n_time)  # (B, T, D)

    def matrices(self) -> list[Matrix]:
        return [Matrix(weight) for weight in self.blocks.parameters() if weight.dim() == 2]

    def _empty_state(self, ids: Tensor) -> State:
        config, n_streams = self.config, len(ids)
        empty = self.head.weight.new_empty(n_streams, config.n_head, 0, config.d_head)  # (B, H, S=0, D/H)
        position = torch.zeros(n_streams, dtype=torch.int64, device=ids.device)
        return (*[empty] * (2 * config.n_layer), position)

    def _rotation(self, position: Tensor, n_time: int) -> tuple[Tensor, Tensor]:
        """Cosine and sine of every position's angles, (B, 1, T, D/2H) each.

        Angles are float64 because positions grow without end, and made on the CPU because not every
        device has that type.
        """
        half = self.config.d_head // 2
        powers = torch.arange(half, dtype=torch.float64) / half
        positions = position.cpu()[:, None] + torch.arange(n_time)  # (B, T)
        angles = positions[:, None, :, None] * self.config.rope_base**-powers  # (B, 1, T, half)
        return angles.cos().to(self.head.weight), angles.sin().to(self.head.weight)


@final
class Block(nn.Module):
    """Attention, then a gated feed-forward layer, each on a normed copy of what it is added to."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.attention_norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.attention = Attention(config)
        self.mlp_norm = RmsNorm(config.d_model, config.norm_epsilon)
        self.mlp = SwiGlu(config.d_model, config.d_feedforward)
        self.dropout = LockedDropout(config.dropout)

    def forward(self, x: Tensor, memory: State, rotation: tuple[Tensor, Tensor], mask: Tensor) -> tuple[Tensor, State]:
        attended, memory = self.attention(self.attention_norm(x), memory, rotation, mask)
        x = x + self.dropout(attended)
        return x + self.dropout(self.mlp(self.mlp_norm(x))), memory


@final
class Attention(nn.Module):
    """Multi-head attention over the window and what the memory holds of the positions before it."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        d_inner = config.n_head * config.d_head
        self.query = nn.Linear(config.d_model, d_inner, bias=False)
        self.key = nn.Linear(config.d_model, d_inner, bias=False)
        self.value = nn.Linear(config.d_model, d_inner, bias=False)
        self.out = nn.Linear(d_inner, config.d_model, bias=False)
        self.query_norm = RmsNorm(config.d_head, config.norm_epsilon)
        self.key_norm = RmsNorm(config.d_head, config.norm_epsilon)

    def forward(self, x: Tensor, memory: State, rotation: tuple[Tensor, Tensor], mask: Tensor) -> tuple[Tensor, State]:
        query = rotate(self.query_norm(self._heads(self.query(x))), rotation)  # (B, H, T, D/H)
        key = rotate(self.key_norm(self._heads(self.key(x))), rotation)
        keys = torch.cat((memory[0].to(key.dtype), key), dim=2)  # (B, H, S+T, D/H)
        value = self._heads(self.value(x))
        values = torch.cat((memory[1].to(value.dtype), value), dim=2)
        attended = attend(query, keys, values, mask)  # (B, H, T, D/H)
        n_kept = min(keys.shape[2], self.config.memory - 1)
        first = keys.shape[2] - n_kept
        return self.out(attended.transpose(1, 2).flatten(2)), (keys[:, :, first:], values[:, :, first:])

    def _heads(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.config.n_head, self.config.d_head).transpose(1, 2)  # (B, H, T, D/H)


@final
class SwiGlu(nn.Module):
    """A feed-forward layer whose gate is swish (Shazeer 2020)."""

    def __init__(self, d_model: int, d_feedforward: int) -> None:
        super().__init__()
        self.gate = nn.Linear(d_model, d_feedforward, bias=False)
        self.up = nn.Linear(d_model, d_feedforward, bias=False)
        self.down = nn.Linear(d_feedforward, d_model, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x)) * self.up(x))  # type: ignore[no-any-return]


@final
class RmsNorm(nn.Module):
    """Scales each vector to a root mean square of 1, then by a learned weight (Zhang & Sennrich 2019).

    As nn.RMSNorm, but for the weight, which is cast to the type of x: only so is there one fast kernel for it.
    """

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.epsilon)


def attend(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """softmax(Q K' / sqrt(d)) V over what the mask allows: (B, H, T, d), twice (B, H, S, d), (T, S) -> (B, H, T, d).

    Written out for bfloat16 on a processor, where PyTorch's own kernel takes twice the time.
    """
    if query.device.type != "cpu" or query.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
    hidden = torch.zeros(mask.shape, dtype=query.dtype).masked_fill(~mask, -torch.inf)  # (T, S)
    scores = torch.baddbmm(
        hidden.expand(query.shape[0] * query.shape[1], *hidden.shape),
        query.flatten(0, 1),
        keys.flatten(0, 1).mT,
        alpha=query.shape[-1] ** -0.5,
    )  # (BH, T, S)
    return (scores.softmax(dim=-1) @ values.flatten(0, 1)).view_as(query)


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each pair (x[i], x[i + D/2H]) by its position's angle (Su et al. 2021, split-half convention)."""
    cosine, sine = rotation
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1).to(x.dtype)


def sliding_window(n_time: int, n_before: int, memory: int, device: torch.device) -> Tensor:
    """Which positions each of the last `n_time` sees: itself and the `memory - 1` before it. (T, S+T) booleans"""
    query = torch.arange(n_before, n_before + n_time, device=device)[:, None]
    key = torch.arange(n_before + n_time, device=device)
    return (key <= query) & (key > query - memory)


def build(config: TransformerConfig) -> TransformerDecoder:
    """A freshly initialised Transformer."""
    return TransformerDecoder(config)
