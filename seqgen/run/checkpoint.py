"""The checkpoint that a run is resumed from, and the one before it, which is read where the last is damaged."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.container import COPY_AGAIN, read_container, read_header, write_container
from seqgen.errors import RunError
from seqgen.run.folder import DAMAGED_FILE, LAST_FILE, MODEL_FILE, PREVIOUS_FILE, require_run
from seqgen.run.record import RunRecord


@dataclass(frozen=True)
class Checkpoint:
    """What a run is resumed from: a `last.safetensors` or a `previous.safetensors`, read and checked.

    >>> checkpoint = load_checkpoint(Path("checkpoints/story"))
    >>> checkpoint.path.name, int(checkpoint.tensors["counter.step"])
    ('last.safetensors', 3)
    """

    path: Path
    record: RunRecord
    tensors: dict[str, NDArray[Any]]
    note: str | None = None
    """Why this is the save before, where the last one cannot be read."""


def save_checkpoint(folder: Path, record: RunRecord, *, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write `last.safetensors`, and keep the one from before as `previous.safetensors`.

    Raises:
        RunError: the file cannot be written. The checkpoint from before is still there.

    >>> checkpoint = load_checkpoint(Path("checkpoints/story"))
    >>> save_checkpoint(Path("checkpoints/story"), checkpoint.record, tensors=checkpoint.tensors)
    >>> sorted(path.name for path in Path("checkpoints/story").glob("*.safetensors"))
    ['last.safetensors', 'model.safetensors', 'previous.safetensors']
    """
    path, previous = folder / LAST_FILE, folder / PREVIOUS_FILE
    write_container(path, "checkpoint", document=record.to_json(), tensors=tensors, previous=previous)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read `last.safetensors`, or `previous.safetensors` if the last one is damaged or missing.

    Raises:
        RunError: neither of them can be read.

    >>> load_checkpoint(Path("checkpoints/story")).record.progress.step
    3
    """
    require_run(folder)
    last, previous = folder / LAST_FILE, folder / PREVIOUS_FILE
    try:
        return _load_checkpoint(last)
    except RunError as error:
        problem = _by_name(last, error)
    try:
        checkpoint = _load_checkpoint(previous)
    except RunError as error:
        both = f"{problem}; {_by_name(previous, error)}"
        raise RunError(f"{folder} cannot be resumed: {both}{_way_to_begin(folder)}") from None
    step = checkpoint.record.progress.step
    return replace(checkpoint, note=f"{problem}; continuing from {PREVIOUS_FILE}, step {step}")


def broken_array(arrays: Mapping[str, NDArray[Any]]) -> str | None:
    """The name of an array of a checkpoint that holds infinity or NaN; None if all are finite.

    The clocks do not count: the best loss of a run is infinite before there is one.

    >>> broken_array({"clock.best_nats": np.array(np.inf), "optimizer.0.0.mean": np.array(np.nan)})
    'optimizer.0.0.mean'
    """
    learned = (name for name in arrays if not name.startswith("clock."))
    return next((name for name in learned if not np.isfinite(arrays[name]).all()), None)


def set_damaged_aside(folder: Path) -> None:
    """Rename a `last.safetensors` that cannot be read, so that the next save keeps the good one before.

    Raises:
        RunError: it cannot be renamed.

    >>> folder = Path("checkpoints/story")
    >>> set_damaged_aside(folder)
    >>> (folder / "last.safetensors").exists(), (folder / "damaged.safetensors").exists()
    (False, True)
    """
    path = folder / LAST_FILE
    try:
        path.replace(folder / DAMAGED_FILE)
    except FileNotFoundError:
        pass  # it is missing, so nothing can take the place of the one before
    except OSError as error:
        raise RunError(f"{path} is damaged and cannot be renamed: {error.strerror or error}: remove it") from None


def _load_checkpoint(path: Path) -> Checkpoint:
    container = read_container(path, "checkpoint")
    try:
        record = RunRecord.from_json(container.document)
    except RunError as error:
        raise RunError(f"{path} cannot be used: {error}") from None
    if (broken := broken_array(container.tensors)) is not None:
        raise RunError(f"{path} cannot be used: {broken} holds infinity or NaN")
    return Checkpoint(path, record, container.tensors)


def _by_name(path: Path, error: RunError) -> str:
    """What is wrong with a file of the run folder, without the path of the folder and without what to do."""
    return str(error).replace(str(path), path.name, 1).removesuffix(COPY_AGAIN).rstrip(":; ")


def _way_to_begin(folder: Path) -> str:
    """How to go on without a checkpoint; nothing where the best model cannot be read either."""
    try:
        read_header(folder / MODEL_FILE)
    except RunError:
        return ""
    return f": begin a new run from its best model with --from {shlex.quote(str(folder))}"
