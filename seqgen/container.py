"""One safetensors file with a JSON document in its header and a hash over both: what a run is kept in.

Arrays hold numbers; the header's one key `seqgen` holds the document as canonical JSON with a format
number, a kind, and a SHA-256 over that JSON and every tensor's name, type, shape and bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from seqgen.durable import written_whole
from seqgen.errors import RunError

Kind = Literal["model", "checkpoint"]
Arrays = Mapping[str, NDArray[Any]]

FORMAT = 1
_KEY = "seqgen"


@dataclass(frozen=True)
class Container:
    """What one file holds, and the digest that names it."""

    kind: Kind
    document: dict[str, Any]
    tensors: dict[str, NDArray[Any]]
    sha256: str


def write_container(
    path: Path, kind: Kind, document: Mapping[str, Any], tensors: Arrays, *, previous: Path | None = None
) -> str:
    """Write a file whole or not at all, keeping the one before as `previous`; returns its SHA-256.

    Raises:
        RunError: the file cannot be written, for one because the disk is full.
    """
    tensors = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    header: dict[str, Any] = {"format": FORMAT, "kind": kind, "document": document}
    header["sha256"] = _digest(header, tensors)
    data = safetensors.numpy.save(tensors, metadata={_KEY: _canonical(header)})
    try:
        with written_whole(path, previous=previous) as out:
            out.write(data)
    except OSError as error:
        raise RunError(
            f"{path} cannot be written ({error.strerror or error}): the file before it is untouched"
        ) from None
    return str(header["sha256"])


def read_header(path: Path) -> dict[str, Any]:
    """The header of a file without its tensors: format, kind, document, sha256, none of it verified.

    Raises:
        RunError: the file is absent, damaged, not seqgen's or of a newer format.
    """
    with _opened(path) as file:
        return _header_of(file, path)


def read_container(path: Path, kind: Kind) -> Container:
    """Read and verify a file.

    Raises:
        RunError: as `read_header`, or the file is of another kind, or its content does not match its hash.
    """
    with _opened(path) as file:
        header = _header_of(file, path)
        if header.get("kind") != kind:
            raise RunError(f"{path} holds a {header.get('kind')}, not a {kind}")
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    expected = header.pop("sha256", None)
    if _digest(header, tensors) != expected:
        raise RunError(f"{path} is damaged: its content does not match its hash")
    return Container(kind, header["document"], tensors, str(expected))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """One opening for header and tensors, so that a file replaced meanwhile is read as it was."""
    try:
        with safetensors.safe_open(path, framework="np") as file:
            yield file
    except FileNotFoundError:
        raise RunError(f"{path} does not exist") from None
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}") from None
    except safetensors.SafetensorError as error:
        raise RunError(f"{path} is damaged or not a safetensors file ({error})") from None


def _header_of(file: Any, path: Path) -> dict[str, Any]:
    metadata = file.metadata() or {}
    if _KEY not in metadata:
        raise RunError(f"{path} is a safetensors file, but not one that seqgen wrote")
    try:
        header: dict[str, Any] = json.loads(metadata[_KEY])
        newer = header["format"] > FORMAT
    except (ValueError, LookupError, TypeError):
        raise RunError(f"{path} is damaged: its header cannot be read") from None
    if newer:
        raise RunError(
            f"{path} has format {header['format']}, this version of seqgen reads up to {FORMAT}: update seqgen"
        )
    return header


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _digest(header: Mapping[str, Any], tensors: Arrays) -> str:
    digest = hashlib.sha256(_canonical(header).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\0{name}\0{tensor.dtype.name}\0{tensor.shape}\0".encode())
        digest.update(np.asarray(tensor, order="C").tobytes())
    return digest.hexdigest()
