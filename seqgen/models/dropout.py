"""Dropout over windows: one mask for all their time steps, which is also the cheapest to draw."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LockedDropout(nn.Module):
    """Drops the same units at every time step (Gal & Ghahramani 2016), each stream with its own mask."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:  # (B, T, D)
        if not self.training or not self.probability:
            return x
        kept = 1 - self.probability
        mask = torch.empty_like(x[:, :1]).bernoulli_(kept).div_(kept)  # (B, 1, D)
        return x * mask
