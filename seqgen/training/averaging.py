"""A running average of the weights, kept beside the weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import final

import torch
from torch import Tensor

from seqgen.models import Decoder


@final
class WeightAverage:
    """Polynomial-decay averaging (Shamir & Zhang 2013, section 4).

    After step t the average moves by a share (exponent + 1) / (t + exponent) towards the weights. So it always covers
    about the same share of all steps so far, and the length of the training need not be known beforehand.

    The tables of n-grams are not averaged: most of their rows change only now and then.

    >>> import torch
    >>> from seqgen.models import build_model
    >>> from seqgen.run import open_model
    >>> model = build_model(open_model("checkpoints/story").record.model)
    >>> average = WeightAverage(model, exponent=16.0)
    >>> with torch.no_grad():
    ...     model.head.bias += 1
    >>> average.update(step=100)
    >>> with average.in_place():
    ...     print(f"{model.head.bias[0]:.3f}")  # 17 / 116 of the way from 0 to 1
    0.147
    """

    def __init__(self, model: Decoder, exponent: float) -> None:
        self._parameters = model.dense_parameters()
        self.weights: list[Tensor] = [parameter.detach().clone() for parameter in self._parameters]
        self._exponent = exponent

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the weights as they are after this many steps."""
        share = (self._exponent + 1) / (step + self._exponent)
        torch._foreach_lerp_(self.weights, [parameter.detach() for parameter in self._parameters], min(1.0, share))

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the model the average as its weights until the block ends."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for parameter, average in zip(self._parameters, self.weights, strict=True):
            parameter.data, average.data = average.data, parameter.data
