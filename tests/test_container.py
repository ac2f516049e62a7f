"""The file format of a run: what goes in comes out, and nothing else is accepted."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
import safetensors.torch
import torch

from seqgen.container import FORMAT, read_container, read_header, write_container
from seqgen.errors import RunError

DOCUMENT = {"name": "Ünï “quoted”", "deep": {"list": [1, 2.5, None, True]}, "empty": {}}
TENSORS = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
    "b": np.array([1e300, -0.0, np.inf]),
    "c": np.array(7, dtype=np.int64),
    "d": np.frombuffer(b"\x00\xff text", dtype=np.uint8),
    "e": np.empty((0, 4), dtype=np.float32),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "file.safetensors"
    write_container(file, "model", document=DOCUMENT, tensors=TENSORS)
    return file


def rewrite(path: Path, *, header: dict[str, Any] | None = None, tensors: dict[str, Any] | None = None) -> None:
    """Write a container again by the safetensors library alone, with other header values or tensors."""
    with safetensors.safe_open(path, framework="np") as file:
        old = json.loads(file.metadata()["seqgen"])
        kept = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    metadata = {"seqgen": json.dumps({**old, **(header or {})})}
    safetensors.numpy.save_file({**kept, **(tensors or {})}, path, metadata=metadata)


def full(*_: object) -> None:
    """What a full disk answers."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_document_and_tensors_come_back(tmp_path: Path) -> None:
    sha256 = write_container(tmp_path / "file", "checkpoint", document=DOCUMENT, tensors=TENSORS)
    container = read_container(tmp_path / "file", "checkpoint")
    assert (container.kind, container.document, container.sha256) == ("checkpoint", DOCUMENT, sha256)
    assert set(container.tensors) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert container.tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(container.tensors[name], tensor, strict=True)


def test_the_same_content_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    backwards = {name: TENSORS[name] for name in reversed(TENSORS)}
    write_container(tmp_path / "again", "model", document=dict(reversed(DOCUMENT.items())), tensors=backwards)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_the_header_is_read_without_the_tensors(path: Path) -> None:
    header = read_header(path)
    assert (header["format"], header["kind"], header["document"]) == (FORMAT, "model", DOCUMENT)


def test_every_flipped_bit_is_noticed(path: Path) -> None:
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(RunError, match=r"file\.safetensors"):
            read_container(path, "model")
    path.write_bytes(data)
    read_container(path, "model")


@pytest.mark.parametrize("mask", [0x10, 0x80])
def test_every_changed_byte_of_a_tensor_is_noticed(path: Path, mask: int) -> None:
    data = path.read_bytes()
    for place in range(8 + int.from_bytes(data[:8], "little"), len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :])
        with pytest.raises(RunError, match="does not match its hash"):
            read_container(path, "model")


def test_a_file_cut_anywhere_or_grown_is_noticed(path: Path) -> None:
    data = path.read_bytes()
    for wrong in (*(data[:end] for end in range(len(data))), data + b"\0"):
        path.write_bytes(wrong)
        fault = "incomplete or not a model file" if wrong else "empty"
        with pytest.raises(RunError, match=rf"file\.safetensors is {fault}: copy or download it again$"):
            read_container(path, "model")


@pytest.mark.parametrize(
    "tensors",
    [
        {"c": np.array(8, dtype=np.int64)},
        {"c": np.array([7], dtype=np.int64)},
        {"c": np.array(7, dtype=np.uint64)},
        {"f": np.zeros(1)},
        {"a": TENSORS["a"].reshape(6)},
    ],
    ids=["value", "rank", "type", "another", "shape"],
)
def test_a_changed_tensor_is_noticed(path: Path, tensors: dict[str, Any]) -> None:
    rewrite(path, tensors=tensors)
    with pytest.raises(RunError, match="does not match its hash"):
        read_container(path, "model")


def test_a_changed_document_is_noticed(path: Path) -> None:
    rewrite(path, header={"document": {**DOCUMENT, "name": "another"}})
    with pytest.raises(RunError, match="does not match its hash"):
        read_container(path, "model")


def test_a_newer_format_says_to_update(path: Path) -> None:
    rewrite(path, header={"format": FORMAT + 1, "kind": "something new"})
    with pytest.raises(RunError, match=f"format {FORMAT + 1}.*update seqgen"):
        read_container(path, "model")


def test_a_file_of_another_kind_is_refused_by_name(path: Path) -> None:
    with pytest.raises(RunError, match="holds a model, not a checkpoint"):
        read_container(path, "checkpoint")


def test_a_safetensors_file_of_another_program_is_refused(tmp_path: Path) -> None:
    safetensors.numpy.save_file({"a": np.zeros(3)}, tmp_path / "other", metadata={"format": "pt"})
    with pytest.raises(RunError, match="not one that seqgen wrote"):
        read_container(tmp_path / "other", "model")


def test_a_file_that_tells_nothing_of_itself_is_refused(tmp_path: Path) -> None:
    safetensors.numpy.save_file({"a": np.zeros(3)}, tmp_path / "other")
    with pytest.raises(RunError, match="not one that seqgen wrote"):
        read_header(tmp_path / "other")


@pytest.mark.parametrize("header", ["[]", "{}", "not JSON", '{"format": "one"}', "7"])
def test_a_header_that_is_no_header_is_refused(header: str, tmp_path: Path) -> None:
    safetensors.numpy.save_file({"a": np.zeros(3)}, tmp_path / "other", metadata={"seqgen": header})
    with pytest.raises(RunError, match="damaged"):
        read_container(tmp_path / "other", "model")


DEEP = '{"a": ' + "[" * 2000 + "]" * 2000 + "}"


@pytest.mark.parametrize(
    ("document", "fault"),
    [("1e999", "header"), ("[]", "header"), ("null", "header"), ('{"a": NaN}', "header"), (DEEP, "header"),
     ('{"a": 1e999}', "content")],
)  # fmt: skip
def test_a_document_that_seqgen_cannot_have_written_is_refused(document: str, fault: str, tmp_path: Path) -> None:
    header = f'{{"format": 1, "kind": "model", "document": {document}, "sha256": ""}}'
    safetensors.numpy.save_file({"a": np.zeros(3)}, tmp_path / "other", metadata={"seqgen": header})
    with pytest.raises(RunError, match=f"is damaged: its {fault}"):
        read_container(tmp_path / "other", "model")


def test_a_document_that_is_not_json_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_container(tmp_path / "new", "model", document={"a": np.inf}, tensors={})
    assert list(tmp_path.iterdir()) == []


def test_numbers_of_a_type_without_numpy_are_refused(tmp_path: Path) -> None:
    metadata = {"seqgen": '{"format": 1, "kind": "model", "document": {}, "sha256": ""}'}
    safetensors.torch.save_file({"a": torch.zeros(3, dtype=torch.bfloat16)}, tmp_path / "other", metadata=metadata)
    with pytest.raises(RunError, match="numbers of a type"):
        read_container(tmp_path / "other", "model")


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    write_container(tmp_path / "file", "model", document={}, tensors={"a": np.zeros(3, np.complex64)})
    with pytest.raises(RunError, match="numbers of a type"):
        read_container(tmp_path / "file", "model")


def test_an_absent_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nowhere does not exist"):
        read_container(tmp_path / "nowhere", "model")
    with pytest.raises(RunError, match=f"{tmp_path} is not a file"):
        read_container(tmp_path, "model")
    with pytest.raises(RunError, match="x cannot be read: File name too long"):
        read_header(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunError, match="pipe is not a file"):
        read_container(tmp_path / "pipe", "model")


def test_a_write_that_fails_leaves_the_file_before_and_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(RunError, match=r"device; the file .* is unchanged$"):
        patch.setattr(os, "fsync", full)
        write_container(path, "model", document={}, tensors={}, previous=path.with_name("previous"))
    assert read_container(path, "model").document == DOCUMENT
    assert list(path.parent.iterdir()) == [path]


def test_a_first_write_that_fails_speaks_of_no_file_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"No space left on device$"):
        write_container(tmp_path / "new", "model", document={}, tensors={})
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_not_written_into_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written: No such file or directory"):
        write_container(tmp_path / "gone" / "file", "model", document={}, tensors={})
    assert list(tmp_path.iterdir()) == []


def test_the_file_before_is_kept_as_previous(path: Path) -> None:
    previous = path.with_name("previous")
    write_container(path, "model", document={"number": 2}, tensors={}, previous=previous)
    assert read_container(path, "model").document == {"number": 2}
    assert read_container(previous, "model").document == DOCUMENT
