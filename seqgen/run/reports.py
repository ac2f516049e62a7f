"""What training reports as it goes: small records for those who show, log or save them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from seqgen.config import checked

EndReason = Literal["budget", "patience", "diverged"]


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """One step of the optimizers.

    >>> from seqgen.run import open_model
    >>> report = open_model("checkpoints/story").history().steps[0]
    >>> report.step, report.n_tokens
    (1, 64)
    """

    step: int
    n_tokens: int
    """Number of targets."""
    loss_nats: float
    """Mean nats per token of the window, before the step."""
    grad_norm: float
    """Global norm of the gradient, before clipping."""
    rate_share: float
    """The learning rates of this step, as a share of their peaks."""
    elapsed_s: float
    fraction: float
    """Share of the budget that is spent."""


@dataclass(frozen=True, kw_only=True)
class SkipReport:
    """A window whose numbers went wrong. Nothing was learned from it.

    >>> SkipReport(step=7, cause="loss", elapsed_s=1.5)
    SkipReport(step=7, cause='loss', elapsed_s=1.5)
    """

    step: int
    """Steps done before it."""
    cause: Literal["loss", "gradient"]
    """What was infinite, NaN or, of the loss, impossibly large."""
    elapsed_s: float


@dataclass(frozen=True, kw_only=True)
class SetbackReport:
    """Training went back to an earlier state, because its numbers went wrong and stayed wrong.

    >>> SetbackReport(step=300, good_step=250, rate_share=0.5, elapsed_s=9.5)
    SetbackReport(step=300, good_step=250, rate_share=0.5, elapsed_s=9.5)
    """

    step: int
    """Steps done so far, those that were in vain included."""
    good_step: int
    """The step whose state was restored."""
    rate_share: float
    """The learning rates from now on, as a share of what they would be without setbacks."""
    elapsed_s: float


@dataclass(frozen=True, kw_only=True)
class ValidationReport:
    """One scoring of the validation part.

    >>> from seqgen.run import open_model
    >>> report = open_model("checkpoints/story").history().validations[0]
    >>> report.step, report.is_best
    (1, True)
    """

    step: int
    nats_per_token: float
    bits_per_character: float | None
    """None if decoding the ids would not give the text back."""
    is_best: bool
    is_average: bool
    """Whether the average of the weights was scored better than the weights, and this is its score."""
    took_s: float
    elapsed_s: float
    n_tokens: int | None = None
    """Number of tokens that were scored. None in reports of earlier versions, which did not say it."""


@dataclass(frozen=True, kw_only=True)
class EndReport:
    """The last report of a training run.

    >>> from seqgen.run import open_model
    >>> open_model("checkpoints/story").history().end.reason
    'budget'
    """

    step: int
    reason: EndReason
    elapsed_s: float


Report = StepReport | SkipReport | SetbackReport | ValidationReport | EndReport

_NAMES: dict[type[Report], str] = {
    StepReport: "step",
    SkipReport: "skip",
    SetbackReport: "setback",
    ValidationReport: "validation",
    EndReport: "end",
}
_CLASSES: dict[str, type[Report]] = {name: report for report, name in _NAMES.items()}


def report_to_json(report: Report) -> dict[str, Any]:
    """The content of a line of `metrics.jsonl`.

    >>> report_to_json(EndReport(step=3, reason="budget", elapsed_s=1.5))
    {'report': 'end', 'step': 3, 'reason': 'budget', 'elapsed_s': 1.5}
    """
    return {"report": _NAMES[type(report)], **dataclasses.asdict(report)}


def report_from_json(line: Mapping[str, Any]) -> Report:
    """The report from which `report_to_json` made these values.

    Raises:
        LookupError: there is no such kind of report.
        TypeError: a field is missing or unknown.
        ConfigError: a field has a value of another type.

    >>> report_from_json({"report": "end", "step": 3, "reason": "budget", "elapsed_s": 1.5})
    EndReport(step=3, reason='budget', elapsed_s=1.5)
    """
    values = dict(line)
    return checked(_CLASSES[values.pop("report")], values)
