"""Which number type products are fastest in, measured."""

from __future__ import annotations

import time

import torch

from seqgen.config import Precision

_WORTHWHILE = 1.3  # times as fast: casting the weights at every step costs something too
_LONGEST_S = 0.02
_TRIES = 3


def choose_precision(device: torch.device, n_rows: int, d_model: int) -> tuple[Precision, str]:
    """The faster type for products of (n_rows, D) and (D, 4D) on this device, and why in words."""
    if device.type not in ("cpu", "cuda"):
        return "float32", f"the only one tried on {device.type}"
    gain = _seconds(device, n_rows, d_model, torch.float32) / _seconds(device, n_rows, d_model, torch.bfloat16)
    return (
        "bfloat16" if gain > _WORTHWHILE else "float32",
        f"bfloat16 products take 1/{gain:.1f} of the time of float32",
    )


def _seconds(device: torch.device, n_rows: int, d_model: int, dtype: torch.dtype) -> float:
    """Time of a product, the best of a few tries."""
    x = torch.ones(n_rows, d_model, dtype=dtype, device=device)
    weight = torch.ones(4 * d_model, d_model, dtype=dtype, device=device)
    best = float("inf")
    for _ in range(_TRIES):
        started, n_products = time.perf_counter(), 0
        while time.perf_counter() - started < _LONGEST_S:
            product = x @ weight.t()
            n_products += 1
            if device.type == "cuda":
                torch.cuda.synchronize(device)
        best = min(best, (time.perf_counter() - started) / n_products)
        del product
    return best
