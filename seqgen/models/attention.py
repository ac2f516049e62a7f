"""Multi-head attention over a sliding window, with rotary positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import TransformerConfig
from seqgen.models.base import State
from seqgen.models.rms_norm import RmsNorm

_MOST_SCORES = 1 << 24
"""Scores that are written out at once where no gradient needs them, so that memory does not grow with their square."""
_MOST_FOR_GRADIENT = 1 << 28
"""Scores that are written out where a gradient needs all of them: half a gigabyte in each place that keeps them."""


@final
@dataclass(frozen=True)
class Attended:
    """What the attention of one block reads in a window."""

    query: Tensor
    """(B, H, T, K)."""
    keys: Tensor
    """(B, H, S+T, K), those of earlier windows first."""
    values: Tensor
    """(B, H, S+T, K)."""
    mask: Tensor | None
    """Which keys each query may see, (T, S+T) booleans, or others for each stream, (B, 1, T or 1, S). None if there are
    as many keys as queries, and each query sees itself and what comes before it."""


@final
class Attention(nn.Module):
    """Multi-head attention over this window and the positions before it that the state still holds."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        d_inner = config.n_head * config.d_head  # HK, which need not be D
        self.query = nn.Linear(config.d_model, d_inner, bias=False)
        self.key = nn.Linear(config.d_model, d_inner, bias=False)
        self.value = nn.Linear(config.d_model, d_inner, bias=False)
        self.out = nn.Linear(d_inner, config.d_model, bias=False)
        self.query_norm = RmsNorm(config.d_head, config.norm_epsilon)
        self.key_norm = RmsNorm(config.d_head, config.norm_epsilon)

    def forward(
        self, x: Tensor, memory: State, rotation: tuple[Tensor, Tensor], mask: Tensor | None
    ) -> tuple[Tensor, Attended]:
        query = rotate(self.query_norm(self._heads(self.query(x))), rotation)  # (B, H, T, K)
        key = rotate(self.key_norm(self._heads(self.key(x))), rotation)
        keys = torch.cat((memory[0].to(key.dtype), key), dim=2)  # (B, H, S+T, K)
        value = self._heads(self.value(x))
        values = torch.cat((memory[1].to(value.dtype), value), dim=2)
        output = attend(query, keys, values, mask)  # (B, H, T, K)
        return self.out(output.transpose(1, 2).flatten(2)), Attended(query, keys, values, mask)

    def _heads(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.config.n_head, self.config.d_head).transpose(1, 2)  # (B, H, T, K)


def attend(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """softmax(Q K' / sqrt(K)) V over the keys that the mask allows: the fields of `Attended` -> (B, H, T, K).

    In bfloat16 on a CPU it is written out, because torch's own kernel takes twice the time. Without a gradient, some
    queries attend after the others, so that memory grows with the number of keys and not with its square. With one,
    very many scores are left to torch's kernel, which does not keep them.

    >>> import torch
    >>> from seqgen.models.attention import attend
    >>> query = keys = torch.zeros(1, 1, 2, 4)
    >>> values = torch.tensor([[1.0, 1, 1, 1], [3, 3, 3, 3]])[None, None]
    >>> attend(query, keys, values, mask=torch.tensor([[True, False], [True, True]]))[0, 0].tolist()
    [[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]]
    """
    n_scores = query.shape[:3].numel() * keys.shape[2]
    is_written_out = query.device.type == "cpu" and query.dtype == torch.bfloat16
    if not is_written_out or (torch.is_grad_enabled() and n_scores > _MOST_FOR_GRADIENT):
        return F.scaled_dot_product_attention(query, keys, values, attn_mask=mask, is_causal=mask is None)
    n_queries, n_at_once = query.shape[2], query.shape[2]
    if not torch.is_grad_enabled():
        n_at_once = max(1, _MOST_SCORES // keys.shape[:3].numel())
    rows = [slice(first, min(first + n_at_once, n_queries)) for first in range(0, n_queries, n_at_once)]
    parts = [_attend_written_out(query[:, :, part], keys, values, _mask_of(mask, part, keys)) for part in rows]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)


def _mask_of(mask: Tensor | None, rows: slice, keys: Tensor) -> Tensor:
    """The mask of some queries."""
    if mask is None:
        times = torch.arange(keys.shape[2], device=keys.device)
        return times <= times[rows, None]
    return mask if mask.shape[-2] == 1 else mask[..., rows, :]


def _attend_written_out(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    penalty = torch.zeros(mask.shape, dtype=query.dtype).masked_fill(~mask, -torch.inf)
    scores = torch.baddbmm(
        penalty.expand(*query.shape[:3], -1).flatten(0, 1),
        query.flatten(0, 1),
        keys.flatten(0, 1).mT,
        alpha=query.shape[-1] ** -0.5,
    )  # (BH, T, S+T)
    return (scores.softmax(dim=-1) @ values.flatten(0, 1)).view_as(query)


def attention_weights(query: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
    """The weights that `attend` gives the values, (B, H, T, S+T). Each row sums to 1.

    >>> import torch
    >>> from seqgen.models.attention import attention_weights
    >>> query = keys = torch.zeros(1, 1, 2, 4)
    >>> attention_weights(query, keys, mask=torch.tensor([[True, False], [True, True]]))[0, 0].tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    scores: Tensor = query @ keys.mT * query.shape[-1] ** -0.5
    allowed = _mask_of(mask, slice(None), keys)
    return scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1)


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each pair (x[i], x[i + K/2]) by the angle of its position (Su et al. 2021, split-half convention).

    >>> import torch
    >>> from seqgen.models.attention import rotate
    >>> quarter_turn = torch.tensor([0.0]), torch.tensor([1.0])
    >>> rotate(torch.tensor([3.0, 4.0]), quarter_turn).tolist()
    [-4.0, 3.0]
    """
    cosine, sine = rotation
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1).to(x.dtype)


def rotation(position: Tensor, n_time: int, config: TransformerConfig, *, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the angles of the `n_time` positions from (B,) on, (B, 1, T, K/2) each, of the type of `like`.

    Positions grow without end, so the angles are float64. They are computed on the CPU because some devices do not
    have that type.

    >>> import torch
    >>> from seqgen.config import TransformerConfig
    >>> from seqgen.models.attention import rotation
    >>> shape = {"n_layer": 1, "d_model": 8, "n_head": 2, "d_head": 4, "d_feedforward": 16}
    >>> config = TransformerConfig(vocab_size=9, memory=32, dropout=0.0, **shape)
    >>> cosine, sine = rotation(torch.tensor([0]), 3, config, like=torch.zeros(1))
    >>> cosine.shape, cosine[0, 0, 0].tolist(), sine[0, 0, 0].tolist()
    (torch.Size([1, 1, 3, 2]), [1.0, 1.0], [0.0, 0.0])
    """
    half = config.d_head // 2
    powers = torch.arange(half, dtype=torch.float64) / half
    positions = position.cpu()[:, None] + torch.arange(n_time)  # (B, T)
    angles = positions[:, None, :, None] * float(config.rope_base) ** -powers  # (B, 1, T, K/2)
    return angles.cos().to(like), angles.sin().to(like)


def sliding_window(n_time: int, n_before: int, memory: int, device: torch.device) -> Tensor:
    """Which positions each of the last `n_time` positions sees, (T, S+T) booleans.

    It sees itself and the `memory - 1` positions before it.

    >>> import torch
    >>> from seqgen.models.attention import sliding_window
    >>> sliding_window(n_time=3, n_before=1, memory=2, device=torch.device("cpu")).int().tolist()
    [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    """
    query = torch.arange(n_before, n_before + n_time, device=device)[:, None]
    key = torch.arange(n_before + n_time, device=device)
    return (key <= query) & (key > query - memory)
