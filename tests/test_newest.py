"""Where no run is named, nothing among the candidates hides the healthy one: no pipe, no device, no forged header."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqgen.container import read_container, write_container
from seqgen.errors import RunError
from seqgen.run import MODEL_FILE, open_model

MODEL = Path("checkpoints", "healthy", MODEL_FILE)
FORGED = {
    "race_place": "first",
    "race": [1],
    "created": None,
    "progress": {"valid_nats_per_token": 10**400},
    "corpus": {},
}


def pipe(path: Path) -> None:
    pytest.importorskip("fcntl")  # Windows has no named pipes
    os.mkfifo(path)


FILES: dict[str, Callable[[Path], Any]] = {
    "a pipe": pipe,
    "a device": lambda path: path.symlink_to(os.devnull),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a folder": Path.mkdir,
    "an empty file": Path.touch,
    "a text": lambda path: path.write_text("model", encoding="utf-8"),
}


@pytest.fixture
def other(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a second model beside a healthy one."""
    monkeypatch.chdir(tmp_path)
    for name in ("healthy", "other"):
        Path("checkpoints", name).mkdir(parents=True)
    MODEL.write_bytes((run_folder / MODEL_FILE).read_bytes())
    return Path("checkpoints", "other", MODEL_FILE)


@pytest.mark.parametrize("make", FILES.values(), ids=FILES.keys())
def test_what_is_no_model_is_passed_over(make: Callable[[Path], Any], other: Path) -> None:
    make(other)
    assert open_model().path == MODEL


@pytest.mark.parametrize("field", FORGED)
def test_a_model_whose_record_is_forged_is_passed_over(field: str, other: Path) -> None:
    container = read_container(MODEL, "model")
    document = {**container.document, "created": "9999", field: FORGED[field]}
    write_container(other, "model", document=document, tensors=container.tensors)
    assert open_model().path == MODEL


def test_a_file_of_an_endless_kind_is_named_in_a_short_line(other: Path) -> None:
    write_container(other, "x" * 10**5, document={}, tensors={})  # type: ignore[arg-type]
    with pytest.raises(RunError, match=r"holds a x{40}, not a model") as caught:
        read_container(other, "model")
    assert len(str(caught.value)) < 200
