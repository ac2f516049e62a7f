"""The state of a training run as named arrays, and back. It holds everything that the next step depends on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.errors import RunError
from seqgen.models import load_weights, read_weights
from seqgen.run import Checkpoint
from seqgen.training.optimizers import load_optimizers, read_optimizers
from seqgen.training.state import TrainingState

_COUNTERS = (
    "step",
    "epoch",
    "window",
    "n_tokens",
    "n_reports",
    "best_step",
    "n_worse",
    "validated_step",
    "n_setbacks",
)
_CLOCKS = ("elapsed_s", "best_nats")
_MOST_COUNTED = 1 << 53
"""More than any computer has ever counted in training."""


def read_state(state: TrainingState) -> dict[str, NDArray[Any]]:
    """Copies of weights, their average, optimizers, carried state, counters and torch's random state.

    The prefix of a name tells what an array belongs to. All processes of a group must call this.
    """
    arrays = {f"model.{name}": array for name, array in read_weights(state.model).items()}
    arrays |= {f"optimizer.{name}": array for name, array in read_optimizers(state.optimizers).items()}
    if state.average is not None:
        arrays |= {f"average.{n}": tensor.cpu().numpy().copy() for n, tensor in enumerate(state.average.weights)}
    carried = state.group.gather(state.carried or ())
    arrays |= {f"carried.{number}": tensor.cpu().numpy() for number, tensor in enumerate(carried)}
    arrays |= {f"counter.{name}": np.array(getattr(state, name), np.int64) for name in _COUNTERS}
    arrays |= {f"clock.{name}": np.array(getattr(state, name), np.float64) for name in _CLOCKS}
    arrays["random.cpu"] = torch.get_rng_state().numpy()
    if state.device.type == "cuda":  # pragma: no cover - needs a GPU
        arrays["random.cuda"] = torch.cuda.get_rng_state(state.device).numpy()
    return arrays


def restore_state(state: TrainingState, checkpoint: Checkpoint) -> None:
    """Set everything that `read_state` has copied, torch's random state included.

    Raises:
        RunError: an array is missing or has another shape, or a number cannot be that of a training run.
    """
    arrays = checkpoint.tensors
    arrays.setdefault("counter.n_setbacks", np.array(0))  # earlier versions had no setbacks
    arrays.setdefault("counter.n_reports", np.array(_MOST_COUNTED))  # nor a count of reports: all up to the step
    try:
        _require_shapes(checkpoint, state)
        load_weights(state.model, _under("model.", arrays))
        load_optimizers(state.optimizers, _under("optimizer.", arrays))
        for name in _COUNTERS:
            setattr(state, name, _count(name, arrays[f"counter.{name}"]))
        for name in _CLOCKS:
            setattr(state, name, _seconds_or_nats(name, arrays[f"clock.{name}"]))
        if state.average is not None:
            for number, tensor in enumerate(state.average.weights):
                tensor.copy_(torch.from_numpy(arrays[f"average.{number}"]))
        carried = _under("carried.", arrays)
        local = (state.group.local_rows(carried[str(number)]) for number in range(len(carried)))
        state.carried = tuple(torch.from_numpy(rows).to(state.device) for rows in local) or None
        _require_readable(state)
        torch.set_rng_state(torch.from_numpy(arrays["random.cpu"]))
        if state.device.type == "cuda" and "random.cuda" in arrays:  # pragma: no cover - needs a GPU
            torch.cuda.set_rng_state(torch.from_numpy(arrays["random.cuda"]), state.device)
        if not state.group.is_first:  # only one random state was saved, but dropout must differ between processes
            torch.manual_seed(int(torch.randint(1 << 62, ())) + state.group.rank)
    except (LookupError, RuntimeError, TypeError, ValueError) as error:
        raise RunError(f"{checkpoint.path} does not fit its configuration ({error})") from None


def _require_shapes(checkpoint: Checkpoint, state: TrainingState) -> None:
    """Check what copying would otherwise stretch to fit.

    Raises:
        KeyError: an array is missing.
        ValueError: an array has another shape.
    """
    expected = {f"model.{name}": array.shape for name, array in read_weights(state.model).items()}
    if state.average is not None:
        expected |= {f"average.{n}": tuple(tensor.shape) for n, tensor in enumerate(state.average.weights)}
    for name, shape in expected.items():
        if checkpoint.tensors[name].shape != shape:
            raise ValueError(f"{name} has shape {checkpoint.tensors[name].shape}, not {shape}")
    n_streams = checkpoint.record.training.n_streams
    for number, array in _under("carried.", checkpoint.tensors).items():
        if array.shape[:1] != (n_streams,):
            raise ValueError(f"carried.{number} has shape {array.shape}, but there are {n_streams} streams")


def _require_readable(state: TrainingState) -> None:
    """Let the model read one position after the carried state: only the model knows what it carries.

    Raises:
        LookupError, RuntimeError, TypeError, ValueError: this is not what the model carries.
    """
    if state.carried is not None:
        ids = torch.zeros(len(state.carried[0]), 1, dtype=torch.long, device=state.device)
        with torch.no_grad():
            state.model(ids, state.carried)


def _count(name: str, array: NDArray[Any]) -> int:
    """A counter. `TrainingState` says what it counts.

    Raises:
        ValueError: it is no whole number, or no training run counts so few, or so far.
    """
    least = -1 if name == "validated_step" else 0
    if array.shape or array.dtype.kind != "i" or not least <= array <= _MOST_COUNTED:
        raise ValueError(f"{name} is {array}")
    return int(array)


def _seconds_or_nats(name: str, array: NDArray[Any]) -> float:
    """A clock, or the best loss, which is infinite before the first validation.

    Raises:
        ValueError: it is no number, or it is below zero.
    """
    is_possible = not array.shape and array.dtype.kind == "f" and array >= 0  # false for NaN
    if not is_possible or (name == "elapsed_s" and not np.isfinite(array)):
        raise ValueError(f"{name} is {array}")
    return float(array)


def _under(prefix: str, arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
