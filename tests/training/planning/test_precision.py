"""Which number type is chosen for matrix multiplications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from seqgen.training.planning import precision
from seqgen.training.planning.precision import choose_precision

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def unmeasured() -> Iterator[None]:
    """A process that has measured nothing yet, and leaves nothing made up behind."""
    precision._speed_up.cache_clear()
    yield
    precision._speed_up.cache_clear()


@pytest.mark.parametrize(("gain", "expected"), [(0.2, "float32"), (1.2, "float32"), (1.4, "bfloat16"), (8, "bfloat16")])
def test_bfloat16_is_taken_where_it_is_well_faster(gain: float, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(*arguments: Any) -> float:
        return 1.0 if arguments[-1] == torch.bfloat16 else gain

    monkeypatch.setattr(precision, "_matmul_s", seconds)
    assert choose_precision(CPU, 512)[0] == expected


def test_a_narrow_model_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(precision, "_matmul_s")
    assert choose_precision(CPU, 16)[0] == "float32"


def test_a_device_that_was_not_tried_keeps_float32() -> None:
    assert choose_precision(torch.device("meta"), 512) == ("float32", "seqgen uses no other on meta")


def test_a_machine_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[torch.dtype] = []

    def seconds(device: torch.device, dtype: torch.dtype) -> float:
        measured.append(dtype)
        return float(len(measured))

    monkeypatch.setattr(precision, "_matmul_s", seconds)
    assert choose_precision(CPU, 512) == choose_precision(CPU, 256)
    assert len(measured) == 2
