"""RMSNorm, the normalisation layer of the Transformer."""

from __future__ import annotations

from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@final
class RmsNorm(nn.Module):
    """Scales each vector to a root mean square of 1, then each unit by a learned weight (Zhang & Sennrich 2019).

    It differs from nn.RMSNorm in one point: the weight is cast to the number type of x. torch has a fast kernel only
    for weights and vectors of one type.

    >>> import torch
    >>> from seqgen.models.rms_norm import RmsNorm
    >>> RmsNorm(2, epsilon=1e-6)(torch.tensor([6.0, 8.0])).tolist()
    [0.848..., 1.131...]
    """

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.epsilon)
