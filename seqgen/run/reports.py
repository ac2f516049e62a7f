"""What training reports while it runs: small frozen records, for whoever draws, logs or saves them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

EndReason = Literal["budget", "patience", "diverged"]


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """One step of the optimizer."""

    step: int
    n_tokens: int
    """Targets of this step."""
    loss_nats: float
    """Mean per token over the window, before the step."""
    grad_norm: float
    """Global norm before clipping."""
    rate_share: float
    """The learning rates of this step, as a share of their peaks."""
    elapsed_s: float
    fraction: float
    """Share of the budget that is spent."""


@dataclass(frozen=True, kw_only=True)
class ValidationReport:
    """One reading of the validation part."""

    step: int
    nats_per_token: float
    bits_per_character: float | None
    """None where the ids do not stand for the text in full."""
    is_best: bool
    is_average: bool
    """Whether these are the nats of the average of the weights, because it has fewer."""
    took_s: float
    elapsed_s: float


@dataclass(frozen=True, kw_only=True)
class EndReport:
    """The last report of a training."""

    step: int
    reason: EndReason
    elapsed_s: float


Report = StepReport | ValidationReport | EndReport

_NAMES: dict[type[Report], str] = {StepReport: "step", ValidationReport: "validation", EndReport: "end"}
_CLASSES: dict[str, type[Report]] = {name: report for report, name in _NAMES.items()}


def report_to_json(report: Report) -> dict[str, Any]:
    """A report as one line of `metrics.jsonl`."""
    return {"report": _NAMES[type(report)], **dataclasses.asdict(report)}


def report_from_json(line: Mapping[str, Any]) -> Report:
    """The report whose `report_to_json` this is.

    Raises:
        LookupError: it names no kind of report.
        TypeError: a field is missing or unknown.
    """
    values = dict(line)
    return _CLASSES[values.pop("report")](**values)
