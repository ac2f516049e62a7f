"""A torch module one step at a time: what makes text on a GPU, many streams at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.config import Device, ModelConfig
from seqgen.inference import Stepper, build_stepper
from seqgen.models import State, build_model, load_weights
from seqgen.models.devices import choose_device

_WINDOW = 256  # tokens of a prompt that are read at once


def build_stepper_on(
    device: Device, config: ModelConfig, weights: Mapping[str, NDArray[Any]], *, n_streams: int
) -> Stepper:
    """A stepper at the beginning of its streams: the torch module on a GPU, NumPy, which is faster there, on a CPU.

    Raises:
        ConfigError: this machine does not have the device.
    """
    chosen = choose_device(device)
    if chosen.type == "cpu":
        return build_stepper(config, weights, n_streams=n_streams)
    return ModuleStepper(config, weights, chosen)


@final
class ModuleStepper(Stepper):
    """The decoder itself, in float32 on a device; B is that of the first step."""

    def __init__(self, config: ModelConfig, weights: Mapping[str, NDArray[Any]], device: torch.device) -> None:
        model = build_model(config)
        load_weights(model, weights)
        self._device = device
        self._model = model.eval().to(device)
        self._state: State | None = None

    def step(self, ids: NDArray[Any]) -> NDArray[Any]:
        return self._read(ids[:, None])

    def read(self, ids: Sequence[int], n_streams: int) -> NDArray[Any]:
        if self._state is not None:
            self._state = tuple(part[:1] for part in self._state)
        for first in range(0, len(ids), _WINDOW):
            logits = self._read(np.array([ids[first : first + _WINDOW]]))
        assert self._state is not None
        self._state = tuple(part.repeat_interleave(n_streams, dim=0) for part in self._state)
        return np.repeat(logits, n_streams, axis=0)

    @torch.inference_mode()
    def _read(self, ids: NDArray[Any]) -> NDArray[Any]:
        """A window (B, T); the logits after it, (B, V)."""
        features, self._state = self._model.features(torch.from_numpy(ids).to(self._device), self._state)
        logits: NDArray[Any] = self._model.head(features[:, -1]).cpu().numpy()
        return logits

    def state(self) -> tuple[NDArray[Any], ...]:
        return tuple(part.cpu().numpy().copy() for part in self._state or ())

    def set_state(self, state: tuple[NDArray[Any], ...]) -> None:
        self._state = tuple(torch.from_numpy(np.ascontiguousarray(part)).to(self._device) for part in state) or None
