"""Which number type products are fastest in, measured."""

from __future__ import annotations

import functools
import time

import torch

from seqgen.config import Precision

_WORTHWHILE = 1.3  # times as fast: casting the weights at every step costs something too
_NARROWEST = 128  # below this width a step is not made of products
_ROWS, _WIDTH = 64, 512  # of the product that is timed: a large one, so that the answer is far from even
_LONGEST_S = 0.02
_TRIES = 3


def choose_precision(device: torch.device, d_model: int) -> tuple[Precision, str]:
    """The type in which a model of this width is trained fastest on this device, and why in words.

    The same machine gives the same answer: a product is a good deal faster in bfloat16, or it is not.
    """
    if device.type not in ("cpu", "cuda"):
        return "float32", f"the only one tried on {device.type}"
    if d_model < _NARROWEST:
        return "float32", f"a width below {_NARROWEST} gains nothing from another"
    if _gain(device) > _WORTHWHILE:
        return "bfloat16", "products are faster in it here"
    return "float32", "products are no faster in bfloat16 here"


@functools.cache
def _gain(device: torch.device) -> float:
    """How many times as fast a product is in bfloat16 as in float32."""
    return _matmul_s(device, torch.float32) / _matmul_s(device, torch.bfloat16)


def _matmul_s(device: torch.device, dtype: torch.dtype) -> float:
    """Time of a product, the best of a few tries."""
    x = torch.ones(_ROWS, _WIDTH, dtype=dtype, device=device)
    weight = torch.ones(4 * _WIDTH, _WIDTH, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(_TRIES):
        started, n_matmuls = time.perf_counter(), 0
        while time.perf_counter() - started < _LONGEST_S:
            torch.mm(x, weight.t())
            n_matmuls += 1
            if device.type == "cuda":
                torch.cuda.synchronize(device)
        best = min(best, (time.perf_counter() - started) / n_matmuls)
    return best
