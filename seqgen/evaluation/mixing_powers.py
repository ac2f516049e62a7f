"""The powers with which a network and a label expert are mixed: those that make held-out labels likeliest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.inference import MixingPowers
from seqgen.inference.label_expert import LEAST_PROBABILITY

_MOST = 8.0
"""No power is larger. Without a limit, labels that are all predicted rightly would make them infinite."""
_N_ITERATIONS = 50
_N_HALVINGS = 20
_RIDGE = 1e-9
"""Added to the curvature, which is 0 where a model gives all labels the same probability."""
_ENOUGH = 1e-12
"""Nats per label. A step that brings less is the last."""

Probabilities = NDArray[np.float64]


def best_powers(network: NDArray[Any], expert: NDArray[Any], labels: NDArray[np.int64]) -> MixingPowers:
    """The powers from 0 to 8 with the least log loss, by Newton's method. The loss is convex, so there is one minimum.

    Args:
        network: its probabilities of all labels, (N, C).
        expert: the same of the expert, (N, C).
        labels: the right labels, from 0, (N,).

    >>> import numpy as np
    >>> sure, unsure = np.array([[0.9, 0.1]] * 10), np.array([[0.5, 0.5]] * 10)
    >>> powers = best_powers(sure, unsure, np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1]))
    >>> powers.mix(sure, unsure)[0].round(3).tolist()  # 8 of 10 are right
    [0.8, 0.2]
    """
    logs = np.log(np.maximum(np.stack([network, expert], axis=2), LEAST_PROBABILITY, dtype=np.float64))  # (N, C, 2)
    powers = np.array([1.0, 0.0])
    loss, slope, curvature = _derivatives(logs, labels, powers)
    for _ in range(_N_ITERATIONS):
        is_held = (powers <= 0) & (slope > 0) | (powers >= _MOST) & (slope < 0)
        step = np.zeros(2)
        free = np.flatnonzero(~is_held)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], slope[free])
        for halving in range(_N_HALVINGS):
            candidate = np.clip(powers - step / 2**halving, 0, _MOST)
            after = _derivatives(logs, labels, candidate)
            if after[0] <= loss:
                break
        else:
            break
        gained, powers = loss - after[0], candidate
        loss, slope, curvature = after
        if gained < _ENOUGH:
            break
    return MixingPowers(*(round(float(power), 4) for power in powers))


def _derivatives(
    logs: NDArray[np.float64], labels: NDArray[np.int64], powers: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """The mean log loss under some powers, its gradient (2,) and its second derivatives (2, 2)."""
    logits = logs @ powers
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    expected = np.einsum("nc,nck->nk", p, logs)
    spread = logs - expected[:, None]
    slope = (expected - logs[np.arange(len(labels)), labels]).mean(axis=0)
    curvature = np.einsum("nc,nck,ncl->kl", p, spread, spread) / len(labels) + _RIDGE * np.eye(2)
    return mean_nats(p, labels), slope, curvature


def mean_nats(probabilities: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """The log loss of some probabilities of all labels, (N, C), per label.

    >>> import numpy as np
    >>> round(mean_nats(np.array([[0.5, 0.5]]), np.array([1])), 4)
    0.6931
    """
    of_right = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_right, LEAST_PROBABILITY)).mean())
