"""How much a change of the state can grow: the largest singular value of the product of Jacobians over k steps.

The product is the Jacobian of the state at time t with respect to that at t-k. It exists for networks whose whole state
goes from step to step. A Transformer has none: each position reads the keys and values of all earlier ones directly.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor

from seqgen.models import Decoder, State
from seqgen.waiting import Waiting, waiting

_MOST_EXACT = 256
"""Numbers in a state up to which the product itself is computed."""
_N_VECTORS = 8
"""Vectors that the power iteration turns towards the largest singular values at once."""
_SMALLEST_CHANGE = 0.01
"""A power iteration ends when a turn changes the result by less than this share."""
_MOST_TURNS, _MOST_STEPS = 10, 300
"""Or after so many turns, or so many steps in each direction. Over many steps a few turns are enough: there the largest
singular value is far above the others."""
_FARTHEST = 100
"""The largest lag of power iteration, which takes seconds for every hundred steps."""
_STEP = 1e-5
"""How far states are moved to measure what a step makes of a small change. The error is about the square of it."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """The largest singular value of the product of Jacobians, for each lag the mean over the windows.

    >>> Stretch(lags=(1, 10), values=(0.5, 0.001), bounds=(0.6, 0.0060466), is_exact=True).to_json()["bounds"]
    [0.6, 0.0060466]
    """

    lags: tuple[int, ...]
    values: tuple[float, ...]
    bounds: tuple[float, ...] | None
    """What the theory says that no value exceeds; None where it says nothing."""
    is_exact: bool
    """False: found by power iteration, up to about a hundredth too small."""

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints. A value beyond the range of float64 is null."""
        return {
            "lags": list(self.lags),
            "largest_singular_values": [value if math.isfinite(value) else None for value in self.values],
            "bounds": None if self.bounds is None else list(self.bounds),
            "is_exact": self.is_exact,
        }


def largest_singular_values(decoder: Decoder, windows: Tensor, lags: Sequence[int]) -> Stretch | None:
    """Measure a decoder in float64 on windows (B, T); None if its state is not one that goes from step to step.

    Of a state of more than 256 numbers only the first window is measured, by power iteration, and up to lag 100.

    >>> import numpy as np
    >>> from seqgen.inspection.windows import windows_of
    >>> from seqgen.restored import restore_decoder
    >>> from seqgen.run import open_model
    >>> decoder = restore_decoder(open_model("checkpoints/story")).double()
    >>> stretch = largest_singular_values(decoder, windows_of(np.arange(99) % 9, lag=10, most=2), [1, 10])
    >>> stretch.lags, stretch.values[0] > stretch.values[1] > 0, stretch.is_exact
    ((1, 10), True, True)
    """
    lags = sorted(lags)
    with _constant_weights(decoder):
        steps = _Steps.along(decoder, windows[:1], n_steps=lags[-1])
        if steps is None:
            return None
        is_exact = steps.width <= _MOST_EXACT
        if is_exact:
            steps = _Steps.along(decoder, windows, n_steps=lags[-1]) or steps
        else:
            lags = [lag for lag in lags if lag <= max(lags[0], _FARTHEST)]
        with waiting("multiplying Jacobians", total=lags[-1] if is_exact else sum(lags)) as work:
            found = _of_products(steps, lags, work) if is_exact else _by_power_iteration(steps, lags, work)
    return Stretch(lags=tuple(lags), values=tuple(found), bounds=None, is_exact=is_exact)


@contextlib.contextmanager
def _constant_weights(decoder: Decoder) -> Iterator[None]:
    """Without gradients in the weights, which nobody asks for here."""
    decoder.requires_grad_(False)
    try:
        yield
    finally:
        decoder.requires_grad_(True)


@final
class _Steps:
    """The last steps of some windows: single time steps as functions of the state, a vector of N numbers."""

    def __init__(self, decoder: Decoder, ids: Tensor, states: list[State]) -> None:
        self.n_steps, self.n_windows = ids.shape[1], len(ids)
        self.width = sum(tensor[0].numel() for tensor in decoder.latest(states[0]))
        self._decoder = decoder
        self._ids = ids
        self._states = states

    @classmethod
    def along(cls, decoder: Decoder, windows: Tensor, *, n_steps: int) -> _Steps | None:
        """Read the windows and keep the states before each of the last steps; None if the state is no such vector."""
        start = windows.shape[1] - n_steps
        with torch.no_grad():
            _, state = decoder.features(windows[:, :start], None)
            states = [state]
            for time in range(start, windows.shape[1]):
                _, state = decoder.features(windows[:, time : time + 1], state)
                states.append(state)
        numbers, latest = sum(tensor.numel() for tensor in state if tensor.is_floating_point()), decoder.latest(state)
        is_vector = all(tensor.dim() == 2 for tensor in latest)  # (B, D), and no keys of positions
        if not is_vector or numbers != sum(tensor.numel() for tensor in latest):
            return None
        return cls(decoder, windows[:, start:], states)

    def pull_back(self, rows: Tensor, step: int) -> Tensor:
        """Rows times the Jacobian of a step, (B, R, N): what they say of the state after it, of the state before."""
        before = self._vector(step)[:, None].expand_as(rows).detach().requires_grad_()
        return torch.autograd.grad(self._advance(before, step), before, rows)[0]

    @torch.no_grad()
    def push_forward(self, rows: Tensor, step: int) -> Tensor:
        """The Jacobian of a step times each row, (B, R, N), by central differences."""
        sizes = rows.norm(dim=2, keepdim=True).clamp(min=torch.finfo(rows.dtype).tiny)
        moves = _STEP * rows / sizes
        before = self._vector(step)[:, None]
        both = self._advance(torch.cat([before + moves, before - moves], dim=1), step)
        upper, lower = both.chunk(2, dim=1)
        product: Tensor = (upper - lower) / (2 * _STEP) * sizes
        return product

    def _vector(self, step: int) -> Tensor:
        """The state before a step, (B, N)."""
        return torch.cat([tensor.flatten(1) for tensor in self._decoder.latest(self._states[step])], dim=1)

    def _advance(self, vectors: Tensor, step: int) -> Tensor:
        """The states after a step from other states than that of the window: (B, R, N) -> (B, R, N)."""
        n_rows = vectors.shape[1]
        state = self._states[step]
        widths = [tensor[0].numel() for tensor in self._decoder.latest(state)]
        rest = (tensor.repeat_interleave(n_rows, dim=0) for tensor in state[len(widths) :])
        moved = (part.contiguous() for part in torch.split(vectors.flatten(0, 1), widths, dim=1))  # (BR, D) each
        ids = self._ids[:, step : step + 1].repeat_interleave(n_rows, dim=0)
        _, after = self._decoder.features(ids, (*moved, *rest))
        return torch.cat(self._decoder.latest(after), dim=1).view_as(vectors)


def _of_products(steps: _Steps, lags: Sequence[int], work: Waiting) -> list[float]:
    """From the products themselves: one more Jacobian at a time, from the last step back."""
    product = torch.eye(steps.width, dtype=torch.float64).repeat(steps.n_windows, 1, 1)  # (B, N, N)
    found = []
    for lag in range(1, lags[-1] + 1):
        product = steps.pull_back(product, steps.n_steps - lag)
        work.advance()
        if lag in lags:
            found.append(_largest(product))
    return found


def _by_power_iteration(steps: _Steps, lags: Sequence[int], work: Waiting) -> list[float]:
    """From vectors that go forward through the steps and back again, and turn towards the largest singular values."""
    generator = torch.Generator().manual_seed(0)
    shape = (steps.n_windows, _N_VECTORS, steps.width)
    found = []
    for lag in lags:
        rows = _orthonormal(torch.randn(shape, dtype=torch.float64, generator=generator))
        value = 0.0
        for _ in range(min(_MOST_TURNS, max(2, _MOST_STEPS // lag))):
            for step in range(steps.n_steps - lag, steps.n_steps):
                rows = steps.push_forward(rows, step)
            rows = _orthonormal(rows)
            for step in reversed(range(steps.n_steps - lag, steps.n_steps)):
                rows = steps.pull_back(rows, step)
            before, value = value, _largest(rows)
            if value <= before * (1 + _SMALLEST_CHANGE):
                break
            rows = _orthonormal(rows)
        work.advance(lag)
        found.append(value)
    return found


def _largest(matrices: Tensor) -> float:
    """The largest singular value, the mean over the matrices (B, R, N); infinite if a number is."""
    if not bool(torch.isfinite(matrices).all()):
        return math.inf
    return float(torch.linalg.matrix_norm(matrices, 2).mean())


def _orthonormal(rows: Tensor) -> Tensor:
    """An orthonormal basis of what the rows span, (B, R, N)."""
    basis: Tensor = torch.linalg.qr(rows.mT).Q
    return basis.mT
