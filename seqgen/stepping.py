"""A torch module one time step at a time: it writes text on a GPU, many streams at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.config import Device, EncoderConfig, ModelConfig, UnitName
from seqgen.inference import Stepper
from seqgen.models import Decoder, State, build_model, load_weights
from seqgen.models.devices import choose_device
from seqgen.restored import restore_decoder
from seqgen.run import SavedModel

_PREFILL_WINDOW = 256
"""How many tokens of a prompt are read at once."""


def gpu_stepper(model: SavedModel, device: Device) -> Stepper | None:
    """The torch module as a stepper of one stream, if `device` stands for a GPU. None if it stands for the CPU.

    On a CPU, the steppers of `seqgen.inference` are faster.

    Raises:
        ConfigError: this machine does not have the device.

    >>> from seqgen.run import open_model
    >>> gpu_stepper(open_model("checkpoints/story"), "cpu") is None
    True
    """
    chosen = choose_device(device)
    return None if chosen.type == "cpu" else ModuleStepper(restore_decoder(model, device=device))


@final
class ModuleStepper(Stepper):
    """A torch decoder as a stepper. The first step sets the number of streams B.

    Without an encoder, streams start together only after sources of the same length.
    All steppers over one decoder hold the same units.

    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> stepper = ModuleStepper.build(saved.record.model, saved.weights, device=torch.device("cpu"))
    >>> logits = stepper.read([3, 1, 4])
    >>> logits.shape == (1, saved.tokenizer.vocab_size)
    True
    """

    def __init__(self, model: Decoder, state: State | None = None) -> None:
        self._model = model
        self._device = next(model.parameters()).device
        self._state = state
        self._latest: tuple[Tensor, State | None] | None = None
        """What the latest step has read, and the state before it, if there is a source to attend to."""

    @classmethod
    def build(
        cls,
        config: ModelConfig,
        weights: Mapping[str, NDArray[Any]],
        *,
        device: torch.device,
        encoder: EncoderConfig | None = None,
    ) -> ModuleStepper:
        """A stepper with saved weights."""
        model = build_model(config, encoder)
        load_weights(model, weights)
        return cls(model.eval().to(device))

    @torch.inference_mode()
    def start(self, ids: NDArray[Any], lengths: NDArray[Any]) -> None:
        if self._model.encoder is None:
            self._read_sources(ids, lengths)
            return
        sources = (torch.from_numpy(array).to(self._device) for array in (ids, lengths))
        self._state = self._model.start(*sources)
        self._latest = None

    def _read_sources(self, ids: NDArray[Any], lengths: NDArray[Any]) -> None:
        """Let a decoder without an encoder begin anew, and read the sources."""
        assert np.ptp(lengths) == 0, "sources of different lengths, and no encoder"
        self._state = None
        for first in range(0, int(lengths[0]), _PREFILL_WINDOW):
            end = min(first + _PREFILL_WINDOW, int(lengths[0]))
            self._read(self._model.vocab_size + ids[:, first:end])

    @property
    @torch.inference_mode()
    def source_attention(self) -> NDArray[Any] | None:
        weights = None if self._latest is None else self._model.trace(*self._latest).source_attention
        if weights is None:
            return None
        latest: NDArray[Any] = weights[-1, :, :, -1].mean(dim=1).cpu().numpy()
        return latest

    def step(self, ids: NDArray[Any]) -> NDArray[Any]:
        return self._read(ids[:, None])

    def read(self, ids: Sequence[int]) -> NDArray[Any]:
        for first in range(0, len(ids), _PREFILL_WINDOW):
            logits = self._read(np.array([ids[first : first + _PREFILL_WINDOW]]))
        return logits

    @property
    def reach(self) -> int | None:
        return self._model.reach

    def select(self, rows: NDArray[Any]) -> None:
        numbers = torch.from_numpy(rows).to(self._device)
        self._state = self._state and tuple(part[numbers] for part in self._state)
        self._latest = None

    def fork(self, n_streams: int) -> ModuleStepper:
        state = self._state and tuple(part.repeat_interleave(n_streams, dim=0) for part in self._state)
        return ModuleStepper(self._model, state)

    def hold(self, units: Mapping[UnitName, float]) -> None:
        self._model.hold(units)

    @torch.inference_mode()
    def _read(self, ids: NDArray[Any]) -> NDArray[Any]:
        """Read a window (B, T) and return the logits after it, (B, V)."""
        window = torch.from_numpy(ids).to(self._device)
        self._latest = None if self._model.encoder is None else (window, self._state)
        features, self._state = self._model.features(window, self._state)
        logits: NDArray[Any] = self._model.head(features[:, -1]).cpu().numpy()
        return logits

    def state(self) -> tuple[NDArray[Any], ...]:
        return tuple(part.cpu().numpy().copy() for part in self._state or ())

    def set_state(self, state: tuple[NDArray[Any], ...]) -> None:
        self._state = tuple(torch.from_numpy(np.ascontiguousarray(part)).to(self._device) for part in state) or None
        self._latest = None
