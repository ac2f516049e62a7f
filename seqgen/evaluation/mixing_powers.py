"""The powers with which a network and a label expert are mixed: those that make held-out labels likeliest."""

from __future__ import annotations

from collections.abc import Sequence
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


def cross_fitted(
    network: NDArray[Any], experts: Sequence[NDArray[Any]], labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The probabilities of a mixture for each half of some sources, as it is found on the other half. (N, C)

    The halves are every other source. On each, the expert and the powers are those with the least log loss, so a gain
    of these probabilities over those of the network is not due to their choice.

    Args:
        network: as for `best_powers`.
        experts: the probabilities of one or more experts, of which the better is chosen.
        labels: as for `best_powers`.

    >>> import numpy as np
    >>> unsure, sure = np.full((8, 2), 0.5), np.array([[0.9, 0.1]] * 8)
    >>> bool(cross_fitted(unsure, [unsure, sure], np.zeros(8, np.int64)).min(axis=0)[0] > 0.9)
    True
    """
    mixed = np.empty(network.shape)
    is_even = np.arange(len(labels)) % 2 == 0
    for half in (is_even, ~is_even):
        found = [(expert, best_powers(network[half], expert[half], labels[half])) for expert in experts]
        expert, powers = min(found, key=lambda each: mean_nats(each[1].mix(network[half], each[0][half]), labels[half]))
        mixed[~half] = powers.mix(network[~half], expert[~half])
    return mixed


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
    return float(nats_of(probabilities, labels).mean())


def nats_of(probabilities: NDArray[Any], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """The log loss of each label. (N,)

    >>> import numpy as np
    >>> nats_of(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([1, 0])).round(4).tolist()
    [0.6931, -0.0]
    """
    nats: NDArray[np.float64] = -np.log(np.maximum(probabilities[np.arange(len(labels)), labels], LEAST_PROBABILITY))
    return nats
