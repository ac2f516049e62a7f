"""The number type of matrix multiplications. Weights, losses and carried state stay in float32."""

from __future__ import annotations

import torch
from torch import Tensor

from seqgen.config import Precision


def matmul_precision(precision: Precision, device: torch.device) -> torch.autocast:
    """A context in which decoders multiply matrices in `precision` (Micikevicius et al. 2018).

    >>> import torch
    >>> from seqgen.models import matmul_precision
    >>> with matmul_precision("bfloat16", torch.device("cpu")):
    ...     product = torch.ones(2, 3) @ torch.ones(3, 2)
    >>> product.dtype
    torch.bfloat16
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def matmul_dtype(x: Tensor) -> torch.dtype:
    """The number type in which a matrix multiplication of x runs here: bfloat16 in such a context, else x's own."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
