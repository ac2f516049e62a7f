"""What a training's own reports say of it, in words: converged, still improving, or overfitting; and what to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

VerdictKind = Literal["unvalidated", "overfitting", "improving", "converged"]

_WORSE = 0.003  # than the best, as a share of it, is more than chance
_BETTER = 0.01  # since two thirds of the way, as a share, is worth more time
_WIDE_GAP = 0.15  # of validation over training, as a share
_TAIL = 0.05  # of the steps, over which the training loss is averaged


@dataclass(frozen=True)
class Verdict:
    """How a training stands at its end."""

    kind: VerdictKind
    text: str
    """One or two sentences: what happened, and what to try next."""


def judge(metrics: Sequence[Mapping[str, Any]]) -> Verdict:
    """Judge a training by the lines of its `metrics.jsonl`."""
    scores = [(line["step"], line["nats_per_token"]) for line in metrics if line["report"] == "validation"]
    losses = [line["loss_nats"] for line in metrics if line["report"] == "step"]
    if not scores or not losses:
        return Verdict(
            "unvalidated",
            "nothing was held out to validate on, so nothing can be said of other texts: "
            "give a longer text, or one of its own with --valid",
        )
    last_step, last = scores[-1]
    best_step, best = min(scores, key=lambda score: score[1])
    tail = losses[-max(1, round(_TAIL * len(losses))) :]
    gap = best / (sum(tail) / len(tail)) - 1
    if last > best * (1 + _WORSE):
        return Verdict(
            "overfitting",
            f"overfitting since step {best_step:,}: it learns its training part by heart and foretells the rest "
            f"{last / best - 1:.1%} worse than it did; the weights of that step are kept. Try more --dropout, "
            "a smaller --width or a longer text",
        )
    before = next((nats for step, nats in reversed(scores) if step <= last_step * 2 / 3), None)
    if before is not None and before < best * (1 + _BETTER):
        remedy = (
            "it knows its training part much better than the rest, so more --dropout or a longer text may help"
            if gap > _WIDE_GAP
            else "a larger --width may take it further"
        )
        return Verdict(
            "converged",
            f"converged: the last third of the training brought only {before / best - 1:.1%}. More time alone "
            f"will bring little; {remedy}",
        )
    gained = "" if before is None else f": the last third of the training brought {before / best - 1:.1%}"
    return Verdict("improving", f"still improving{gained}. More time will help: --resume with a larger budget, or anew")
