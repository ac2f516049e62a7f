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

    def forward(self, inputs: Tensor, targets: Tensor, state: State | None) -> tuple[Tensor, Tensor, State]:
        """Read a window of inputs and targets, (B, T) each.

        Returns:
            the objective, its mean nats per token alone, and the state to carry on.
        """
        with matmul_precision(self.config.precision, inputs.device):
            features, carried = self.decoder.features(inputs, state)  # (B, T, D)
            logits = self.decoder.head(features)  # (B, T, V)
        nats = F.cross_entropy(
            logits.flatten(0, 1).to(torch.promote_types(logits.dtype, torch.float32)), targets.flatten()
        )
        return nats + self._regularisation(features), nats.detach(), carried

    def _regularisation(self, features: Tensor) -> Tensor | float:
        """Activation regularisation and temporal activation regularisation (Merity, McCann & Socher 2017).

        Both on what the output layer reads, dropout included: the mean square of it, and of its change from one
        position to the next.
        """
        total: Tensor | float = 0.0
        if self.config.activation_penalty:
            total = total + self.config.activation_penalty * features.float().square().mean()
        if self.config.change_penalty and features.shape[1] > 1:
            total = total + self.config.change_penalty * features.float().diff(dim=1).square().mean()
        return total
