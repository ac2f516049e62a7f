"""What a run's reports say about its training, in words: converged, still improving, overfitting; and what to try."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from seqgen.run import History

VerdictKind = Literal["diverged", "unvalidated", "short", "overfitting", "improving", "converged"]

_OVERFITTING_RISE = 0.003
"""A last score that is worse than the best one by more than this share is not due to chance."""
_WORTHWHILE_GAIN = 0.01
"""If validation improved by at least this share in the last third of the run, more time will help."""
_WIDE_GAP = 0.15
"""A validation score that exceeds the training loss by more than this share points to overfitting, or soon will."""
_TAIL_SHARE = 0.05
"""The training loss at the end is the mean over this share of the steps."""
_NARROW_LEAD = 0.005
"""A lead in a race that is smaller than this share may be due to the seed."""
_MIN_NATS = 1e-9
"""Scores count as at least this much, so that shares of them exist even for a text without surprise."""


@dataclass(frozen=True)
class Verdict:
    """How a training run stands at its end.

    >>> from pathlib import Path
    >>> from seqgen.run import read_history
    >>> judge(read_history(Path("checkpoints/story"))).kind
    'short'
    """

    kind: VerdictKind
    text: str
    """One to three sentences: what happened, and what to try next."""


def judge(history: History) -> Verdict:
    """Judge a training run by its reports.

    >>> from pathlib import Path
    >>> from seqgen.run import read_history
    >>> judge(read_history(Path("checkpoints/story"))).text
    'there was only one validation, which shows no trend. Train for longer'
    """
    if history.end is not None and history.end.reason == "diverged":
        return Verdict("diverged", "diverged: the loss grew beyond recovery. Try a lower --lr")
    finite = [report for report in history.validations if math.isfinite(report.nats_per_token)]
    scores = [(report.step, max(report.nats_per_token, _MIN_NATS)) for report in finite]
    losses = [report.loss_nats for report in history.steps]
    if not scores or not losses:
        return Verdict(
            "unvalidated",
            "nothing was validated, so nothing can be said about other texts. Give a longer text, or a validation text "
            "with --valid",
        )
    if len(scores) == 1:
        return Verdict("short", "there was only one validation, which shows no trend. Train for longer")
    tail = losses[-max(1, round(_TAIL_SHARE * len(losses))) :]
    return _judge_trend(scores, final_loss=max(sum(tail) / len(tail), _MIN_NATS))


def _judge_trend(scores: Sequence[tuple[int, float]], *, final_loss: float) -> Verdict:
    """Judge by the validations, which are pairs of step and nats, and by the training loss at the end."""
    last_step, last = scores[-1]
    best_step, best = min(scores, key=lambda score: score[1])
    if last > best * (1 + _OVERFITTING_RISE):
        return Verdict(
            "overfitting",
            f"overfitting since step {best_step:,}: the model memorises the training part, and at the end it predicts "
            f"the validation part {last / best - 1:.1%} worse than at that step. The weights of that step are kept. "
            "Try more --dropout, a smaller --width or a longer text",
        )
    earlier = next((nats for step, nats in reversed(scores) if step <= last_step * 2 / 3), scores[0][1])
    gain = f"the validation loss improved by {earlier / best - 1:.1%} in the last third of the run"
    if earlier >= best * (1 + _WORTHWHILE_GAIN):
        return Verdict(
            "improving",
            f"still improving: {gain}. More time will help: continue with --resume and a larger budget",
        )
    remedy = (
        "The model predicts its training part much better than the validation part, so more --dropout or a longer text "
        "may help"
        if best > final_loss * (1 + _WIDE_GAP)
        else "A larger --width may take it further"
    )
    return Verdict("converged", f"converged: {gain}. More time alone will bring little. {remedy}")


def judge_race(scores: Mapping[str, float], verdicts: Mapping[str, Verdict]) -> str:
    """Which cell predicts a text best, by how much, and which might catch up.

    Args:
        scores: nats per token by cell; infinite for a cell that was not validated.
        verdicts: by cell.

    >>> converged = Verdict("converged", "")
    >>> judge_race({"gru": 1.5, "lstm": 1.2}, {"gru": converged, "lstm": converged})
    'lstm predicts this text best: 1.2000 nats per token, 20.0% fewer than gru'
    """
    ranking = sorted((cell for cell in scores if math.isfinite(scores[cell])), key=lambda cell: scores[cell])
    if len(ranking) < 2:
        return "fewer than two cells have a score, so there is nothing to compare"
    first, second = ranking[:2]
    lead = 1 - scores[first] / max(scores[second], _MIN_NATS)
    sentences = [
        f"{first} predicts this text best: {scores[first]:.4f} nats per token, {lead:.1%} fewer than {second}"
        + ("; another seed might reverse this" if lead < _NARROW_LEAD else "")
    ]

    def add(sentence: str, cells: Sequence[str], kind: VerdictKind) -> None:
        names = [cell for cell in cells if verdicts[cell].kind == kind]
        if names:
            sentences.append(f"{sentence}: {', '.join(names)}")

    add("Validated only once, which is too little to judge, so race for longer", ranking, "short")
    add("Still improving at the end, so perhaps closer with more time", ranking[1:], "improving")
    add("Already memorising the text", ranking, "overfitting")
    return ". ".join(sentences)
