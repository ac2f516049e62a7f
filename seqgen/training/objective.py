"""What a training step minimises: the nats of a window, plus regularisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import TrainingConfig
from seqgen.models import Decoder, State, matmul_precision


@final
class Objective(nn.Module):
    """A decoder together with its loss.

    >>> import torch
    >>> from seqgen.models import build_model
    >>> from seqgen.run import open_model
    >>> record = open_model("checkpoints/story").record
    >>> objective = Objective(build_model(record.model), record.training)
    >>> ids = torch.zeros(2, 8, dtype=torch.long)  # B = 2 streams, T = 8 time steps
    >>> loss, nats, state = objective(ids, ids, state=None)
    >>> loss.requires_grad, nats.requires_grad
    (True, False)
    """

    def __init__(self, decoder: Decoder, config: TrainingConfig) -> None:
        super().__init__()
        self.decoder = decoder
        self.config = config

    def forward(
        self,
        inputs: Tensor,
        targets: Tensor,
        *,
        state: State | None,
        weights: Tensor | None = None,
        sources: Sequence[Tensor] | None = None,
    ) -> tuple[Tensor, Tensor, State]:
        """Compute the loss of one window.

        Args:
            inputs: (B, T) ids that the decoder reads.
            targets: (B, T) ids that it should predict.
            state: what the window before returned; None at the beginning of the streams.
            weights: (B, T) how much each target counts in the mean; None if all count the same.
            sources: the ids (B, S) and lengths (B,) of the sources whose targets begin here. They replace `state`.

        Returns:
            the loss to differentiate, the mean nats per token without regularisation, and the state after the window.
        """
        with matmul_precision(self.config.precision, inputs.device):
            if sources is not None:
                state = self.decoder.start(*sources)
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

        Both look at what the output layer reads, after dropout. The first is its mean square; the second is the mean
        square of its change from one position to the next.
        """
        total: Tensor | float = 0.0
        if self.config.activation_penalty:
            total = total + self.config.activation_penalty * _mean(features.float().square(), weights)
        if self.config.change_penalty and features.shape[1] > 1:
            change = features.float().diff(dim=1).square()  # (B, T - 1, D)
            total = total + self.config.change_penalty * _mean(change, None if weights is None else weights[:, 1:])
        return total


def _mean(values: Tensor, weights: Tensor | None) -> Tensor:
    """The mean of values, (B, T, D), weighted by position, (B, T)."""
    if weights is None:
        return values.mean()
    smallest = torch.finfo(weights.dtype).tiny  # so that a window without a weight has the mean 0
    return (values.mean(dim=2) * weights).sum() / weights.sum().clamp(min=smallest)
