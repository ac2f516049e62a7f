"""What trainings' own reports say of them, in words: converged, still improving, overfitting; and what to try."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from seqgen.run import History

VerdictKind = Literal["diverged", "unvalidated", "short", "overfitting", "improving", "converged"]

_WORSE = 0.003  # than the best, as a share of it, is more than chance
_BETTER = 0.01  # since two thirds of the way, as a share, is worth more time
_WIDE_GAP = 0.15  # of validation over training, as a share
_TAIL = 0.05  # of the steps, over which the training loss is averaged
_CLOSE = 0.005  # a lead, as a share, that another seed might turn round
_LEAST_NATS = 1e-9  # what a share is taken of


@dataclass(frozen=True)
class Verdict:
    """How a training stands at its end."""

    kind: VerdictKind
    text: str
    """One or two sentences: what happened, and what to try next."""


def judge(history: History) -> Verdict:
    """Judge a training by its reports."""
    if history.end is not None and history.end.reason == "diverged":
        return Verdict("diverged", "diverged: the loss is no longer a number. Try a lower --lr")
    finite = [report for report in history.validations if math.isfinite(report.nats_per_token)]
    scores = [(report.step, max(report.nats_per_token, _LEAST_NATS)) for report in finite]
    losses = [report.loss_nats for report in history.steps]
    if not scores or not losses:
        return Verdict(
            "unvalidated",
            "nothing was held out to validate on, so nothing can be said of other texts: "
            "give a longer text, or one of its own with --valid",
        )
    if len(scores) == 1:
        return Verdict("short", "validated only once, which is no trend: more time will tell, and help")
    tail = losses[-max(1, round(_TAIL * len(losses))) :]
    return _judge_trend(scores, max(sum(tail) / len(tail), _LEAST_NATS))


def _judge_trend(scores: Sequence[tuple[int, float]], loss: float) -> Verdict:
    """By the validations, (step, nats) each, and the training loss at the end."""
    last_step, last = scores[-1]
    best_step, best = min(scores, key=lambda score: score[1])
    if last > best * (1 + _WORSE):
        return Verdict(
            "overfitting",
            f"overfitting since step {best_step:,}: it learns its training part by heart and predicts the rest "
            f"{last / best - 1:.1%} worse than it did; the weights of that step are kept. Try more --dropout, "
            "a smaller --width or a longer text",
        )
    before = next((nats for step, nats in reversed(scores) if step <= last_step * 2 / 3), scores[0][1])
    gained = f"the last third of the training brought {before / best - 1:.1%}"
    if before >= best * (1 + _BETTER):
        return Verdict("improving", f"still improving: {gained}. More time will help: --resume with more, or anew")
    remedy = (
        "it knows its training part much better than the rest, so more --dropout or a longer text may help"
        if best > loss * (1 + _WIDE_GAP)
        else "a larger --width may take it further"
    )
    return Verdict("converged", f"converged: {gained}. More time alone will bring little; {remedy}")


def judge_race(scores: Mapping[str, float], verdicts: Mapping[str, Verdict]) -> str:
    """Who predicts a text best, by how much, and who might yet: nats per token and verdicts by cell."""
    ranking = sorted((cell for cell in scores if math.isfinite(scores[cell])), key=lambda cell: scores[cell])
    if len(ranking) < 2:
        return "too few cells have a score to compare"
    first, second = ranking[:2]
    lead = 1 - scores[first] / max(scores[second], _LEAST_NATS)
    words = [
        f"{first} predicts this text best: {scores[first]:.4f} nats per token, {lead:.1%} fewer than {second}"
        + ("; another seed might turn that round" if lead < _CLOSE else "")
    ]
    short = [cell for cell in ranking if verdicts[cell].kind == "short"]
    if short:
        words.append(
            f"{', '.join(short)} had time for one validation only, which is too little to tell: race for longer"
        )
    improving = [cell for cell in ranking[1:] if verdicts[cell].kind == "improving"]
    if improving:
        words.append(f"{', '.join(improving)} still improved at the end and may come closer with more time")
    over = [cell for cell in ranking if verdicts[cell].kind == "overfitting"]
    if over:
        words.append(f"{', '.join(over)} had begun to learn the text by heart")
    return ". ".join(words)
