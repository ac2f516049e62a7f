"""The run folder: what training leaves behind, and the only place that reads and writes it.

model.safetensors      the best model so far: weights, configuration, tokenizer, provenance
last.safetensors       what resuming needs: weights, optimizer, carried state, random state, position
previous.safetensors   the `last` before
metrics.jsonl          every report of the trainer, a line each
curve.png              training and validation loss, once training has ended
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.container import read_container, read_header, write_container
from seqgen.durable import write_bytes
from seqgen.errors import RunError
from seqgen.run.history import History, read_history
from seqgen.run.record import RunRecord
from seqgen.tokenizers import Tokenizer, restore_tokenizer

CHECKPOINTS = Path("checkpoints")
MODEL_FILE = "model.safetensors"
LAST_FILE = "last.safetensors"
PREVIOUS_FILE = "previous.safetensors"
CURVE_FILE = "curve.png"

_LONGEST_STEM = 60
_WEIGHT_PREFIX = "model."
_TOKENIZER_TENSOR = "tokenizer"

Tensors = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class SavedModel:
    """A model file, read and verified."""

    path: Path
    sha256: str
    record: RunRecord
    tokenizer: Tokenizer
    weights: Tensors

    @property
    def name(self) -> str:
        """The name of the run folder, or of a model file on its own."""
        return self.path.resolve().parent.name if self.path.name == MODEL_FILE else self.path.name

    @property
    def has_documents(self) -> bool:
        """Whether the model learned from separate documents, and so can end one."""
        return self.record.corpus.documents is not None

    @property
    def n_parameters(self) -> int:
        return sum(array.size for array in self.weights.values())

    def history(self) -> History:
        """The reports of its training; none for a model file on its own."""
        return read_history(self.path.parent) if self.path.name == MODEL_FILE else History()


@dataclass(frozen=True)
class Checkpoint:
    """A `last` file, read and verified."""

    path: Path
    record: RunRecord
    tensors: Tensors


def default_folder(corpus: str, cell: str, created: datetime) -> Path:
    """`checkpoints/<corpus>-<cell>-<UTC time>`, with a number behind it where that exists."""
    stem = "stdin" if corpus == "-" else Path(corpus).resolve().name.split(".")[0][:_LONGEST_STEM]
    name = f"{stem or 'text'}-{cell}-{created:%Y%m%d-%H%M%S}"
    numbered = (
        CHECKPOINTS / f"{name}{suffix}" for suffix in itertools.chain([""], (f"-{n}" for n in itertools.count(2)))
    )
    return next(folder for folder in numbered if not folder.exists())


def require_new(folder: Path) -> None:
    """See to it that nothing is written over.

    Raises:
        RunError: there is something in the folder.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise RunError(f"{folder} cannot be made: there is a file of that name")
        is_taken = folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise RunError(f"{folder} cannot be made: {error.strerror or error}") from None
    if is_taken:
        raise RunError(f"{folder} exists and is not empty: choose another with --out, or go on with --resume {folder}")


def create_folder(folder: Path) -> None:
    """Make an empty run folder.

    Raises:
        RunError: there is already something in it, or it cannot be made.
    """
    require_new(folder)
    try:
        if not folder.exists():
            folder.mkdir(parents=True)  # fails where another training has just made it
    except OSError as error:
        raise RunError(f"{folder} cannot be made: {error.strerror or error}") from None


def save_model(folder: Path, record: RunRecord, tokenizer: Tokenizer, weights: Mapping[str, NDArray[Any]]) -> str:
    """Write `model.safetensors`; returns its SHA-256.

    Raises:
        RunError: it cannot be written; the one before still stands.
    """
    tensors = {_WEIGHT_PREFIX + name: array for name, array in weights.items()}
    bulk = tokenizer.bulk()
    if bulk:
        tensors[_TOKENIZER_TENSOR] = np.frombuffer(bulk, dtype=np.uint8)
    description = {"kind": tokenizer.kind, "state": tokenizer.state()}
    document = {**record.to_json(), "tokenizer": description}
    return write_container(folder / MODEL_FILE, "model", document, tensors)


def save_checkpoint(folder: Path, record: RunRecord, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write `last.safetensors` and keep the one before as `previous.safetensors`.

    Raises:
        RunError: it cannot be written; the one before still stands.
    """
    path, previous = folder / LAST_FILE, folder / PREVIOUS_FILE
    write_container(path, "checkpoint", record.to_json(), tensors, previous=previous)


def save_curve(folder: Path, picture: bytes) -> Path:
    """Write `curve.png`; returns its path.

    Raises:
        RunError: it cannot be written.
    """
    path = folder / CURVE_FILE
    write_bytes(path, picture)
    return path


def open_model(run: str | Path | None = None) -> SavedModel:
    """The model that a run folder, a file, or nothing stands for.

    Nothing stands for the run of latest creation under `./checkpoints` that loads.

    Raises:
        RunError: there is none, or it cannot be read.
    """
    if run is None:
        return _open_newest(CHECKPOINTS)
    path = Path(run)
    try:
        if path.is_dir():
            path = path / MODEL_FILE
            if not path.exists():
                raise RunError(f"{run} is not a run folder: it holds no {MODEL_FILE}")
        elif not path.exists():
            raise RunError(f"{run} does not exist: give a run folder or a .safetensors file")
    except OSError as error:
        raise RunError(f"{run} cannot be read: {error.strerror or error}") from None
    if path.suffix != ".safetensors":
        raise RunError(
            f"{run} is a text where a run belongs, or no .safetensors file: "
            f"to score a text, use --on {run} with seqgen eval"
        )
    return load_model(path)


def load_model(path: Path) -> SavedModel:
    """Read and verify a model file.

    Raises:
        RunError: it is absent, damaged, newer than this program or not a model of seqgen's.
    """
    container = read_container(path, "model")
    values = dict(container.document)
    description = values.pop("tokenizer")
    bulk = container.tensors.pop(_TOKENIZER_TENSOR, np.empty(0, np.uint8)).tobytes()
    tokenizer = restore_tokenizer(description["kind"], description["state"], bulk)
    weights = {name.removeprefix(_WEIGHT_PREFIX): array for name, array in container.tensors.items()}
    return SavedModel(path, container.sha256, RunRecord.from_json(values), tokenizer, weights)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read `last.safetensors`, or `previous.safetensors` where the last is damaged or absent.

    Raises:
        RunError: neither can be read.
    """
    try:
        return _load_checkpoint(folder / LAST_FILE)
    except RunError as error:
        if folder.is_file():
            raise RunError(
                f"{folder} is a model on its own, which cannot be resumed: begin from it with --from"
            ) from None
        if not folder.is_dir():
            raise RunError(f"no run folder at {folder}") from None
        if not (folder / PREVIOUS_FILE).exists():
            raise RunError(f"{folder} cannot be resumed: {error}") from None
        return _load_checkpoint(folder / PREVIOUS_FILE)


def _load_checkpoint(path: Path) -> Checkpoint:
    container = read_container(path, "checkpoint")
    return Checkpoint(path, RunRecord.from_json(container.document), container.tensors)


def _open_newest(folder: Path) -> SavedModel:
    dated: list[tuple[str, Path]] = []
    for path in folder.glob(f"*/{MODEL_FILE}"):
        try:
            dated.append((str(read_header(path)["document"]["created"]), path))
        except (RunError, LookupError, TypeError):
            continue
    for _, path in sorted(dated, reverse=True):
        try:
            return load_model(path)
        except RunError:
            continue
    raise RunError(f"no run under ./{folder}/: train one with `seqgen train TEXT`, or name a run")
