"""Which data type this machine multiplies matrices in fastest, measured."""

from __future__ import annotations

import functools
import time

import torch

from seqgen.config import Precision

_WORTHWHILE_SPEED_UP = 1.3
"""bfloat16 has to be faster by this factor, because casting the weights at every step takes time as well."""
_MIN_WIDTH = 128
"""In narrower models, matrix multiplications are only a small part of a step."""
_ROWS, _WIDTH = 64, 512
"""The size of the multiplication that is timed. It is large, so that the answer is clear and repeats."""
_TRY_S = 0.02
_N_TRIES = 3


def choose_precision(device: torch.device, d_model: int) -> tuple[Precision, str]:
    """The faster precision for a model of this width on this device, and the reason in words.

    The same machine gives the same answer every time: bfloat16 is much faster there, or it is not.

    >>> choose_precision(torch.device("cpu"), d_model=64)
    ('float32', 'a model narrower than 128 gains nothing from bfloat16')
    """
    if device.type not in ("cpu", "cuda"):
        return "float32", f"seqgen uses no other on {device.type}"
    if d_model < _MIN_WIDTH:
        return "float32", f"a model narrower than {_MIN_WIDTH} gains nothing from bfloat16"
    if _speed_up(device) > _WORTHWHILE_SPEED_UP:
        return "bfloat16", "this machine multiplies matrices faster that way"
    return "float32", "bfloat16 is not faster on this machine"


@functools.cache
def _speed_up(device: torch.device) -> float:
    """How many times faster a matrix multiplication is in bfloat16 than in float32."""
    return _matmul_s(device, torch.float32) / _matmul_s(device, torch.bfloat16)


def _matmul_s(device: torch.device, dtype: torch.dtype) -> float:
    """Seconds that a matrix multiplication takes: the best of a few tries."""
    x = torch.ones(_ROWS, _WIDTH, dtype=dtype, device=device)
    weight = torch.ones(4 * _WIDTH, _WIDTH, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(_N_TRIES):
        started, n_matmuls = time.perf_counter(), 0
        while time.perf_counter() - started < _TRY_S:
            torch.mm(x, weight.t())
            n_matmuls += 1
            if device.type == "cuda":  # pragma: no cover - needs a GPU
                torch.cuda.synchronize(device)
        best = min(best, (time.perf_counter() - started) / n_matmuls)
    return best
