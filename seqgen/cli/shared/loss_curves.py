"""The loss of runs as curves: in bits per character, or in nats per token where those do not exist."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seqgen.cli.shared.pictures import Curve

if TYPE_CHECKING:
    from seqgen.run import History, RunRecord, SavedModel

XAxis = Literal["step", "elapsed_s"]
"""The field of a report that is drawn from left to right."""
LossUnit = Literal["bits per character", "nats per token"]

_MOST_POINTS = 200
"""A training curve of more steps is averaged down to this many points."""


@dataclass(frozen=True)
class LossHistory:
    """The losses that a run has reported, and the record that says how many characters a token has."""

    history: History
    record: RunRecord

    @classmethod
    def of(cls, model: SavedModel) -> LossHistory:
        return cls(model.history(), model.record)

    @property
    def unit(self) -> LossUnit:
        """Nats if the record does not say how long the training part is, or if ids do not give the text back."""
        has_bits = all(report.bits_per_character is not None for report in self.history.validations)
        return "bits per character" if has_bits and self.record.characters_per_token else "nats per token"

    def training_curve(self, unit: LossUnit, *, x: XAxis = "step", label: str = "training") -> Curve:
        """The training loss, averaged over neighbouring steps. A token counts as many characters as the mean token."""
        steps = self.history.steps
        size = max(1, -(-len(steps) // _MOST_POINTS))
        groups = [steps[start : start + size] for start in range(0, len(steps), size)]
        nats_per_unit = math.log(2) * (self.record.characters_per_token or 1) if unit == "bits per character" else 1
        losses = [sum(step.loss_nats for step in group) / len(group) / nats_per_unit for group in groups]
        return Curve(label, [getattr(group[-1], x) for group in groups], losses)

    def validation_curve(self, unit: LossUnit, *, x: XAxis = "step", label: str = "validation") -> Curve:
        """The validation loss."""
        points = [
            (getattr(report, x), report.bits_per_character if unit == "bits per character" else report.nats_per_token)
            for report in self.history.validations
        ]
        finite = [(place, loss) for place, loss in points if loss is not None and math.isfinite(loss)]
        return Curve(label, [place for place, _ in finite], [loss for _, loss in finite], has_markers=True)

    def curves(self) -> list[Curve]:
        """Training and validation loss over steps."""
        return [self.training_curve(self.unit), self.validation_curve(self.unit)]


def common_unit(losses: Sequence[LossHistory]) -> LossUnit:
    """The unit in which all of some runs can be drawn."""
    has_bits = all(loss.unit == "bits per character" for loss in losses)
    return "bits per character" if has_bits else "nats per token"
