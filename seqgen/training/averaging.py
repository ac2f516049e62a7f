"""A running average of the weights beside the weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import final

import torch
from torch import Tensor

from seqgen.models import Decoder


@final
class WeightAverage:
    """An average over the latest share of all steps so far, by a power of the step (Shamir & Zhang 2013, section 4).

    After step t it moves by (exponent + 1) / (t + exponent) of the way to the weights: its memory grows with the
    training, and no length need be known beforehand.
    """

    def __init__(self, model: Decoder, exponent: float) -> None:
        self._parameters = list(model.parameters())
        self.weights: list[Tensor] = [parameter.detach().clone() for parameter in self._parameters]
        self._exponent = exponent

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after so many steps."""
        share = (self._exponent + 1) / (step + self._exponent)
        torch._foreach_lerp_(self.weights, [parameter.detach() for parameter in self._parameters], min(1.0, share))

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """The model with the average for its weights, until the block ends."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for parameter, average in zip(self._parameters, self.weights, strict=True):
            parameter.data, average.data = average.data, parameter.data
