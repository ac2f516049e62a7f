"""What training works on: the data, and everything that it changes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from seqgen.config import TrainingConfig
from seqgen.corpus import BatchEpochs, Batches
from seqgen.models import Decoder, State
from seqgen.training.averaging import WeightAverage
from seqgen.training.objective import Objective
from seqgen.training.optimizers import Optimizers, build_optimizers
from seqgen.training.process_group import ProcessGroup


@dataclass(frozen=True)
class TrainingData:
    """The training ids and the validation ids, cut into batches."""

    train: BatchEpochs
    valid: Batches | None
    """None if the text is too short for a validation part."""
    valid_characters: float | None
    """How many characters the validation ids stand for. None if decoding them would not give the text back."""


@dataclass
class TrainingState:
    """Everything that training changes. With torch's random state, it is all that resuming needs."""

    model: Decoder
    optimizers: Optimizers
    objective: nn.Module
    """The `Objective` of the model, wrapped so that several processes average their gradients."""
    average: WeightAverage | None
    group: ProcessGroup = field(default_factory=ProcessGroup)
    carried: State | None = None
    """The decoder's state after the latest window, for the streams of this process. None before the first window."""
    step: int = 0
    """Steps done."""
    epoch: int = 0
    """Number of the current epoch, counted from 0."""
    window: int = 0
    """Windows done in this epoch."""
    n_tokens: int = 0
    """Targets trained on."""
    elapsed_s: float = 0.0
    best_nats: float = math.inf
    """Nats per token of the best validation."""
    best_step: int = 0
    """The step of the best validation."""
    n_worse: int = 0
    """Validations since the best one."""
    validated_step: int = -1
    """The step of the latest validation; -1 before the first."""
    n_setbacks: int = 0
    """How often training went back to a good state; each time the learning rates are halved."""
    n_reports: int = 0
    """Reports made so far, which are the lines of the history."""

    @classmethod
    def fresh(
        cls, model: Decoder, config: TrainingConfig, *, group: ProcessGroup | None = None, may_skip_encoder: bool = True
    ) -> TrainingState:
        """The state before the first step. `may_skip_encoder` as in `ProcessGroup.wrap`.

        >>> from seqgen.models import build_model
        >>> from seqgen.run import open_model
        >>> record = open_model("checkpoints/story").record
        >>> state = TrainingState.fresh(build_model(record.model), record.training)
        >>> state.step, state.best_nats
        (0, inf)
        """
        group = group or ProcessGroup()
        average = None if config.average is None else WeightAverage(model, config.average)
        objective = group.wrap(Objective(model, config), may_skip_encoder=may_skip_encoder)
        return cls(model, build_optimizers(model, config), objective, average, group)

    @property
    def rate_share(self) -> float:
        """What setbacks have left of the learning rates."""
        return 0.5**self.n_setbacks

    @property
    def is_validated(self) -> bool:
        """Whether the current weights have been validated."""
        return self.validated_step == self.step

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device


def are_finite(weights: Iterable[Tensor]) -> bool:
    """Whether all weights are numbers. One that is none may show in no loss, as the embedding of a rare token.

    >>> are_finite([torch.zeros(2), torch.tensor(math.nan)])
    False
    """
    return all(bool(weight.isfinite().all()) for weight in weights)
