"""What a training step makes smaller: the nats of a window, and what regularisation adds to them."""

from __future__ import annotations

from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import TrainingConfig
from seqgen.models import Decoder, State, matmul_precision


@final
class Objective(nn.Module):
    """A decoder with the loss of its windows."""

    def __init__(self, decoder: Decoder, config: TrainingConfig) -> None:
        super().__init__()
        self.decoder = decoder
        self.config = config

    def forward(
        self, inputs: Tensor, targets: Tensor, state: State | None, weights: Tensor | None = None
    ) -> tuple[Tensor, Tensor, State]:
        """Read a window of inputs and targets, (B, T) each.

        `weights`, (B, T), is what each target counts for in the mean; without it all count the same.

        Returns:
            the objective, its mean nats per token alone, and the state to carry on.
        """
        with matmul_precision(self.config.precision, inputs.device):
            features, carried = self.decoder.features(inputs, state)  # (B, T, D)
            logits = self.decoder.head(features)  # (B, T, V)
        logits = logits.flatten(0, 1).to(torch.promote_types(logits.dtype, torch.float32))  # (B * T, V)
        if weights is None:
            nats = F.cross_entropy(logits, targets.flatten())
        else:
            nats = (F.cross_entropy(logits, targets.flatten(), reduction="none") * weights.flatten()).sum()
        return nats + self._regularisation(features, weights), nats.detach(), carried

    def _regularisation(self, features: Tensor, weights: Tensor | None) -> Tensor | float:
        """Activation regularisation and temporal activation regularisation (Merity, McCann & Socher 2017).

        Both on what the output layer reads, dropout included: the mean square of it, and of its change from one
        position to the next.
        """
        total: Tensor | float = 0.0
        if self.config.activation_penalty:
            total = total + self.config.activation_penalty * _mean(features.float().square(), weights)
        if self.config.change_penalty and features.shape[1] > 1:
            change = features.float().diff(dim=1).square()  # (B, T - 1, D)
            total = total + self.config.change_penalty * _mean(change, None if weights is None else weights[:, 1:])
        return total


def _mean(values: Tensor, weights: Tensor | None) -> Tensor:
    """Mean of values, (B, T, D), in which each position counts as much as its weight, (B, T), says."""
    if weights is None:
        return values.mean()
    smallest = torch.finfo(weights.dtype).tiny  # so that a window without a weight has the mean 0
    return (values.mean(dim=2) * weights).sum() / weights.sum().clamp(min=smallest)
