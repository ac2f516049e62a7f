"""How the gates of a recurrent layer stand over a text: open, shut or between, and how long its units remember."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.models import Inside

SHUT, OPEN = 0.1, 0.9
"""A gate below the first is taken to be shut, one above the second open (Karpathy, Johnson & Fei-Fei 2015)."""
_LEAST_KEPT = 1e-6
"""A smaller share has the same logarithm as this one, so that a single step cannot decide the mean."""
KEPT = "kept"
"""In place of the name of a gate: the share that a step keeps of what a unit carries."""


@dataclass(frozen=True, eq=False)
class GateUse:
    """One gate of all units of a layer.

    >>> use = GateUse(0, "forget", shut=np.array([0.0, 0.5]), open=np.array([0.9, 0.1]))
    >>> use.to_json()["shut"], use.time_constants is None
    (0.25, True)
    """

    layer: int
    name: str
    shut: NDArray[np.float64]
    """The share of the steps in which the gate of each unit is shut, (D,)."""
    open: NDArray[np.float64]
    """The share of the steps in which it is open, (D,)."""
    time_constants: NDArray[np.float64] | None = None
    """After so many tokens a unit still has 1/e of what it carried, by the mean of log(kept): (D,). Only of the gate
    that decides what is kept."""

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report: means over the units, and the time constant of each."""
        times = self.time_constants
        return {
            "layer": self.layer,
            "gate": self.name,
            "shut": float(self.shut.mean()),
            "open": float(self.open.mean()),
            "shut_by_unit": self.shut.round(4).tolist(),
            "open_by_unit": self.open.round(4).tolist(),
            "time_constants": None if times is None else [float(f"{time:.4g}") for time in times],
        }


@final
class GateCounter:
    """Counts over the windows of a text how the gates of one layer stand.

    >>> counter = GateCounter(0)
    >>> gate = torch.tensor([[[0.05, 0.95], [0.5, 0.95]]])  # one stream, two steps, two units
    >>> counter.add(Inside(gates={"update": gate}, kept=gate))
    >>> use, kept = counter.uses()
    >>> use.shut.tolist(), use.open.tolist(), kept.time_constants.round(1).tolist()
    ([0.5, 0.0], [0.0, 1.0], [0.5, 19.5])
    """

    def __init__(self, layer: int) -> None:
        self._layer = layer
        self._n = 0
        self._counts: dict[str, tuple[Tensor, Tensor]] = {}
        self._logs: Tensor | None = None

    def add(self, inside: Inside) -> None:
        """Count a window."""
        gates = dict(inside.gates)
        if inside.kept is not None:
            gates[KEPT] = inside.kept
            logs = inside.kept.double().clamp(min=_LEAST_KEPT).log().sum(dim=(0, 1))
            self._logs = logs if self._logs is None else self._logs + logs
        for name, gate in gates.items():
            shut, is_open = (gate < SHUT).sum(dim=(0, 1)), (gate > OPEN).sum(dim=(0, 1))
            before = self._counts.get(name, (torch.zeros_like(shut), torch.zeros_like(shut)))
            self._counts[name] = before[0] + shut, before[1] + is_open
            self._n += name == next(iter(gates)) and gate.shape[0] * gate.shape[1]

    def uses(self) -> list[GateUse]:
        """Every gate, and at last what is kept; nothing of a layer without gates."""
        if self._logs is None:
            return []
        times = -1 / np.minimum(self._logs.numpy() / self._n, -1e-9)
        return [
            GateUse(
                self._layer,
                name,
                shut=shut.double().numpy() / self._n,
                open=is_open.double().numpy() / self._n,
                time_constants=times if name == KEPT else None,
            )
            for name, (shut, is_open) in self._counts.items()
        ]
