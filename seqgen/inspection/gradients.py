"""How much of the loss's gradient reaches the states before it: the gradient of the loss at time t in the state at t-k.

The state is what `Decoder.latest` says: all that the layers of a recurrent network carry (h, and c of an LSTM), and the
keys and values that a Transformer has of one position.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from seqgen.models import Decoder, State
from seqgen.training.clipping import clip
from seqgen.waiting import waiting

_MOST_AT_ONCE, _MOST_BYTES = 8, 128_000_000
"""How many windows are read at once, and about how much their states may take."""


@dataclass(frozen=True, kw_only=True)
class GradientNorms:
    """Norms of gradients, the mean over the windows.

    >>> norms = GradientNorms(lags=(1, 10), states=(0.5, 0.001), weights=25.0, clip_norm=10.0)
    >>> norms.relative, norms.clipped_share
    ((1.0, 0.002), 0.4)
    """

    lags: tuple[int, ...]
    states: tuple[float, ...]
    """For each lag k: the norm of the gradient of -ln p of the token after time t in the state at t-k."""
    weights: float
    """The norm of the gradient of the same loss in all weights together, as far back as the largest lag."""
    clip_norm: float | None
    """The norm to which training clips that gradient; None: it does not."""

    @property
    def relative(self) -> tuple[float, ...]:
        """The norms divided by that of the smallest lag; NaN where that is 0."""
        first = self.states[0]
        return tuple(norm / first if first else math.nan for norm in self.states)

    @property
    def clipped_share(self) -> float:
        """The factor by which clipping shrinks the gradient of the weights, and with it the share of every lag."""
        if self.clip_norm is None or self.weights <= self.clip_norm:
            return 1.0
        return self.clip_norm / self.weights

    def falls_below(self, share: float) -> int | None:
        """The first of the lags at which less than this share of the gradient at the smallest lag is left.

        >>> GradientNorms(lags=(1, 10), states=(0.5, 0.001), weights=1.0, clip_norm=None).falls_below(0.01)
        10
        """
        return next((lag for lag, part in zip(self.lags, self.relative, strict=True) if part < share), None)

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints. A norm beyond the range of float64 is null."""
        return {
            "lags": list(self.lags),
            "gradient_norms": [_finite(norm) for norm in self.states],
            "weight_gradient_norm": _finite(self.weights),
            "clip_norm": self.clip_norm,
            "clipped_share": _finite(self.clipped_share),
        }


def lags_up_to(largest: int) -> tuple[int, ...]:
    """The lags at which to measure: those of tables, and some between them.

    >>> lags_up_to(40)
    (1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40)
    """
    step = max(1, largest // 20)
    lags = {*round_lags(largest), 2, 4, 6, *range(step, largest + 1, step)}
    return tuple(sorted(lag for lag in lags if lag <= largest))


def round_lags(largest: int) -> list[int]:
    """The lags of tables: 1, 3, 10, 30 and so on, and the largest.

    >>> round_lags(300), round_lags(20)
    ([1, 3, 10, 30, 100, 300], [1, 3, 10, 20])
    """
    candidates = (factor * 10**power for power in range(9) for factor in (1, 3))
    return [*(lag for lag in candidates if lag < largest), largest]


def gradient_norms(
    decoder: Decoder, windows: Tensor, lags: Sequence[int], *, clip_norm: float | None = None
) -> GradientNorms:
    """Measure a decoder in float64 on windows (B, T) that are longer than the largest lag by 2 or more.

    >>> import numpy as np
    >>> from seqgen.inspection.windows import windows_of
    >>> from seqgen.restored import restore_decoder
    >>> from seqgen.run import open_model
    >>> decoder = restore_decoder(open_model("checkpoints/story")).double()
    >>> norms = gradient_norms(decoder, windows_of(np.arange(99) % 9, lag=40, most=4), [1, 10, 40])
    >>> norms.states[0] > norms.states[1] > norms.states[2] > 0
    True
    """
    lags = sorted(lags)
    n_at_once = max(1, min(_MOST_AT_ONCE, _MOST_BYTES // (_state_bytes(decoder, windows) * len(lags))))
    decoder.zero_grad()
    norms: list[Tensor] = []
    with waiting("following gradients back", total=len(windows)) as work:
        for chunk in torch.split(windows, n_at_once):
            norms.append(_backpropagate(decoder, chunk, lags))
            work.advance(len(chunk))
    in_weights = clip(decoder, None) / len(windows)
    decoder.zero_grad()
    states = torch.cat(norms, dim=1).mean(dim=1)
    return GradientNorms(lags=tuple(lags), states=tuple(states.tolist()), weights=in_weights, clip_norm=clip_norm)


def _backpropagate(decoder: Decoder, windows: Tensor, lags: Sequence[int]) -> Tensor:
    """For each lag and window, the norm of the gradient of the loss of the last token, (len(lags), B).

    The windows are cut where the states are that the gradient is asked for. Each piece is read at once. The gradient of
    the sum of the losses is added to that of the weights.
    """
    last = windows.shape[1] - 1
    ends = [last - lag for lag in reversed(lags)]
    with torch.no_grad():
        _, state = decoder.features(windows[:, : ends[0]], None)
    state = tuple(tensor.requires_grad_() if tensor.is_floating_point() else tensor for tensor in state)
    states: list[State] = []
    for start, end in zip(ends, [*ends[1:], last], strict=True):
        for tensor in state:
            if tensor.requires_grad:
                tensor.retain_grad()
        states.append(state)
        features, state = decoder.features(windows[:, start:end], state)
    loss = F.cross_entropy(decoder.head(features[:, -1]), windows[:, last], reduction="sum")
    loss.backward()  # type: ignore[no-untyped-call]
    norms = [_norm_of_rows(decoder.latest(tuple(map(_gradient_in, state)))) for state in reversed(states)]
    return torch.stack(norms)  # the smallest lag first


def _gradient_in(tensor: Tensor) -> Tensor:
    """Zeros where the loss does not depend on the tensor, and for counters and ids, which have no gradient."""
    return torch.zeros(tensor.shape, dtype=torch.float64) if tensor.grad is None else tensor.grad


def _norm_of_rows(state: State) -> Tensor:
    """The norm of all numbers of each stream together, (B,)."""
    norms: Tensor = torch.linalg.vector_norm(torch.cat([tensor.flatten(1) for tensor in state], dim=1), dim=1)
    return norms


def _state_bytes(decoder: Decoder, windows: Tensor) -> int:
    """How many bytes the state of one stream has at the end of a window."""
    with torch.no_grad():
        _, state = decoder.features(windows[:1], None)
    return sum(tensor.numel() * tensor.element_size() for tensor in state)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
