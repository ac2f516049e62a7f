"""The loss of runs as curves: in bits per character or per label, or in nats per token where neither exists."""

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
LossUnit = Literal["bits per character", "bits per label", "nats per token"]

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
        if self.record.has_labels:
            return "bits per label"
        has_bits = all(report.bits_per_character is not None for report in self.history.validations)
        return "bits per character" if has_bits and self.record.characters_per_token else "nats per token"

    def training_curve(self, unit: LossUnit, *, x: XAxis = "step", label: str = "training") -> Curve:
        """The training loss, averaged over neighbouring steps. A token counts as many characters as the mean token."""
        steps = self.history.steps
        size = max(1, -(-len(steps) // _MOST_POINTS))
        groups = [steps[start : start + size] for start in range(0, len(steps), size)]
        n_characters = self.record.characters_per_token if unit == "bits per character" else None
        per_nat = _per_nat(unit) / (n_characters or 1)
        losses = [sum(step.loss_nats for step in group) / len(group) * per_nat for group in groups]
        return Curve(label, [getattr(group[-1], x) for group in groups], losses)

    def validation_curve(self, unit: LossUnit, *, x: XAxis = "step", label: str = "validation") -> Curve:
        """The validation loss."""
        points = [
            (
                getattr(report, x),
                report.bits_per_character if unit == "bits per character" else report.nats_per_token * _per_nat(unit),
            )
            for report in self.history.validations
        ]
        finite = [(place, loss) for place, loss in points if loss is not None and math.isfinite(loss)]
        return Curve(label, [place for place, _ in finite], [loss for _, loss in finite], has_markers=True)

    def curves(self) -> list[Curve]:
        """Training and validation loss over steps."""
        return [self.training_curve(self.unit), self.validation_curve(self.unit)]


def common_unit(losses: Sequence[LossHistory]) -> LossUnit:
    """The unit in which all of some runs can be drawn."""
    units = {loss.unit for loss in losses}
    return units.pop() if len(units) == 1 else "nats per token"


def _per_nat(unit: LossUnit) -> float:
    """A nat of a token of one character, or of a label, in this unit."""
    return 1.0 if unit == "nats per token" else 1 / math.log(2)
