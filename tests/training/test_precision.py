"""Which number type is chosen for products."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from seqgen.training import precision
from seqgen.training.precision import choose_precision

CPU = torch.device("cpu")


def test_a_choice_is_one_of_two_types_and_has_a_reason() -> None:
    chosen, reason = choose_precision(CPU, 4, 16)
    assert chosen in ("float32", "bfloat16")
    assert "bfloat16" in reason


@pytest.mark.parametrize(("gain", "expected"), [(0.2, "float32"), (1.2, "float32"), (1.4, "bfloat16"), (8, "bfloat16")])
def test_bfloat16_is_taken_where_it_is_well_faster(gain: float, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(*arguments: Any) -> float:
        return 1.0 if arguments[-1] == torch.bfloat16 else gain

    monkeypatch.setattr(precision, "_seconds", seconds)
    chosen, reason = choose_precision(CPU, 4, 16)
    assert chosen == expected
    assert f"1/{gain:.1f}" in reason


def test_a_device_that_was_not_tried_keeps_float32() -> None:
    assert choose_precision(torch.device("meta"), 4, 16) == ("float32", "the only one tried on meta")
