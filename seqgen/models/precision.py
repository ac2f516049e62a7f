"""The number type in which products are taken; weights, sums over time and losses stay in float32."""

from __future__ import annotations

import torch
from torch import Tensor

from seqgen.config import Precision


def matmul_precision(precision: Precision, device: torch.device) -> torch.autocast:
    """A context in which the decoders take their products in `precision` (Micikevicius et al. 2018)."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def matmul_dtype(x: Tensor) -> torch.dtype:
    """The type in which products on x's device are taken here: autocast's, where it is on, or x's own."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
