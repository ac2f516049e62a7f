"""The file format of a run: a safetensors file that also holds a JSON document, protected by a hash.

Tensors hold the numbers. The one key of the safetensors header, `seqgen`, holds the document as canonical JSON,
together with a format number, a kind, and a SHA-256 over that JSON and the name, type, shape and bytes of every tensor.
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

from seqgen.durable import is_there, written_whole
from seqgen.errors import RunError

Kind = Literal["model", "checkpoint"]
Arrays = Mapping[str, NDArray[Any]]

FORMAT = 1
"""The newest format that this version writes and reads."""
COPY_AGAIN = "copy or download it again"
"""What to do about a damaged file, at the end of each sentence about one."""
_KEY = "seqgen"
_LONGEST_KIND = 40
_KINDS = "fiub"
"""Floats, integers and booleans. Where the package ml_dtypes is loaded, bfloat16 is a type of NumPy too, of no kind."""


@dataclass(frozen=True)
class Container:
    """The content of a file.

    >>> container = read_container(Path("checkpoints/story/model.safetensors"), "model")
    >>> container.kind, len(container.sha256)
    ('model', 64)
    """

    kind: Kind
    document: dict[str, Any]
    tensors: dict[str, NDArray[Any]]
    sha256: str


def write_container(
    path: Path, kind: Kind, *, document: Mapping[str, Any], tensors: Arrays, previous: Path | None = None
) -> str:
    """Write a file whole or not at all, and return its SHA-256. The folder must exist.

    A file that was at `path` before is kept as `previous`, if that is given.

    Raises:
        RunError: the file cannot be written, for example because the disk is full.

    >>> path = Path("numbers.safetensors")
    >>> sha256 = write_container(path, "model", document={"name": "digits"}, tensors={"pi": np.array([3, 1, 4])})
    >>> read_container(path, "model").tensors["pi"].tolist()
    [3, 1, 4]
    """
    tensors = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}
    header: dict[str, Any] = {"format": FORMAT, "kind": kind, "document": document}
    header["sha256"] = _digest(header, tensors)
    data = safetensors.numpy.save(tensors, metadata={_KEY: _canonical(header)})
    try:
        with written_whole(path, previous=previous, make_folder=False) as out:
            out.write(data)
    except OSError as error:
        before = "; the file that was there before is unchanged" if is_there(path) else ""
        raise RunError(f"{path} cannot be written: {error.strerror or error}{before}") from None
    return str(header["sha256"])


def read_header(path: Path) -> dict[str, Any]:
    """Read the header of a file without its tensors: format, kind, document and sha256. The hash is not checked.

    Raises:
        RunError: the file does not exist, is damaged, was not written by seqgen, or has a newer format.

    >>> header = read_header(Path("checkpoints/story/model.safetensors"))
    >>> header["format"], header["kind"], header["document"]["cell"]
    (1, 'model', 'lstm')
    """
    with _opened(path) as file:
        return _header_of(file, path)


def read_container(path: Path, kind: Kind) -> Container:
    """Read a file and check its hash.

    Raises:
        RunError: as for `read_header`; or the file is of another kind, or its content does not match its hash.

    >>> container = read_container(Path("checkpoints/story/model.safetensors"), "model")
    >>> sorted(container.tensors)[:2]
    ['model.embedding.weight', 'model.head.bias']
    """
    with _opened(path) as file:
        header = _header_of(file, path)
        if header.get("kind") != kind:
            raise RunError(f"{path} holds a {str(header.get('kind'))[:_LONGEST_KIND]}, not a {kind}")
        try:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (TypeError, AttributeError):  # what safetensors raises for bfloat16 and float8
            tensors = None
    if tensors is None or not all(tensor.dtype.kind in _KINDS for tensor in tensors.values()):
        raise RunError(f"{path} holds numbers of a type that seqgen does not write")
    expected = header.pop("sha256", None)
    try:
        is_whole = _digest(header, tensors) == expected
    except (ValueError, RecursionError):  # the document holds what is not JSON, or is nested too deeply
        is_whole = False
    if not is_whole:
        raise RunError(f"{path} is damaged: its content does not match its hash; {COPY_AGAIN}")
    return Container(kind, header["document"], tensors, str(expected))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The open file. Header and tensors are read from one opening, so that they fit even if the file is replaced."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for without end
            raise RunError(f"{path} is not a file")
        if path.stat().st_size == 0:
            raise RunError(f"{path} is empty: {COPY_AGAIN}")
        with safetensors.safe_open(path, framework="np") as file:
            yield file
    except OSError:
        raise RunError(_why_closed(path)) from None
    except safetensors.SafetensorError:
        raise RunError(f"{path} is incomplete or not a model file: {COPY_AGAIN}") from None


def _why_closed(path: Path) -> str:
    """Why a file cannot be opened: safetensors says of every reason that there is no such file."""
    try:
        path.open("rb").close()
    except FileNotFoundError:
        return f"{path} does not exist"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}"
    return f"{path} cannot be read: it was changed just now"


def _header_of(file: Any, path: Path) -> dict[str, Any]:
    metadata = file.metadata() or {}
    if _KEY not in metadata:
        raise RunError(f"{path} is a safetensors file, but not one that seqgen wrote")
    try:
        header: dict[str, Any] = json.loads(metadata[_KEY], parse_constant=_refuse_constant)
        is_newer = header["format"] > FORMAT
        if not isinstance(header["document"], dict):
            raise TypeError
    except (ValueError, LookupError, TypeError, RecursionError):
        raise RunError(f"{path} is damaged: its header cannot be read") from None
    if is_newer:
        raise RunError(
            f"{path} has format {header['format']}, but this version of seqgen reads only up to format {FORMAT}: "
            "update seqgen"
        )
    return header


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")  # Python's parser accepts NaN and Infinity, which no document holds


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _digest(header: Mapping[str, Any], tensors: Arrays) -> str:
    digest = hashlib.sha256(_canonical(header).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\0{name}\0{tensor.dtype.name}\0{tensor.shape}\0".encode())
        digest.update(np.asarray(tensor, order="C").tobytes())
    return digest.hexdigest()
