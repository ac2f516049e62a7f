"""What a run's reports say about its training, in words: converged, still improving, overfitting; and what to try."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from seqgen.run import History
from seqgen.training.schedule import MIN_VALIDATIONS

VerdictKind = Literal["diverged", "unvalidated", "short", "overfitting", "improving", "converged", "unclear"]

_CLEAR_WITHIN_RUN, _CLEAR_BETWEEN_RUNS = 0.01, 0.025
"""Differences of two states of one run, and of two models, that 10,000 tokens can tell apart, as shares of the loss.
They shrink with the fourth root of the number of tokens only, because losses have long memory. Measured on passages of
10 to 100 KB of five to eight texts: 91 % and more kept to them."""
_USUAL_N_TOKENS = 10_000
"""Tokens of a validation whose report does not say how many there were; the shares above are for this many."""
_OVERFITTING_RISE = 0.003
"""A last score that is worse than the best one by less than this share does no harm."""
_WORTHWHILE_GAIN = 0.01
"""If validation improved by at least this share in the last third of the run, more time will help."""
_WIDE_GAP = 0.15
"""A validation score that exceeds the training loss by more than this share points to overfitting, or soon will."""
_TAIL_SHARE = 0.05
"""The training loss at the end is the mean over this share of the steps."""
_NARROW_LEAD = 0.005
"""A lead that is smaller than this share may be due to the seed."""
MIN_NATS = 1e-9
"""Scores count as at least this much, so that shares of them exist even for a text without surprise."""
_SOLVED_NATS = 0.01
"""Nats per token. A model that needs no more has little left to learn."""
_LEAST_CLEAR_NATS = 3.0
"""Two states of a run whose losses on the whole validation part differ by less cannot be told apart: the better one
makes it only 20 times as likely, and a single token may do that."""

_MOST_CLEAR_IN_PERCENT = 0.1
"""If scores have to differ by more than this share to be told apart, the loss on the whole validation part is only some
nats. Shares of so small a loss are large and say little, so the losses themselves are named."""


@dataclass(frozen=True)
class _Task:
    """What a run learns from, in words."""

    more: str
    """What to give to learn more."""
    better: str
    """What to give to judge better."""
    unit: str = "nats per token"
    per_nat: float = 1.0
    """A nat per token in this unit."""

    def loss(self, nats: float) -> str:
        """A loss without its unit."""
        return f"{nats * self.per_nat:.4f}"


LearnsFrom = Literal["text", "pairs", "labels"]
_TASKS: dict[LearnsFrom, _Task] = {
    "text": _Task("a longer text", "more validation text"),
    "pairs": _Task("more pairs", "more validation pairs"),
    "labels": _Task("more pairs", "more validation pairs", "bits per label", 1 / math.log(2)),
}


@dataclass(frozen=True)
class Verdict:
    """How a training run stands at its end.

    >>> from pathlib import Path
    >>> from seqgen.run import read_history
    >>> judge(read_history(Path("checkpoints/story"))).kind
    'unclear'
    """

    kind: VerdictKind
    text: str
    """One to three sentences: what happened, and what to try next."""


def least_clear_share(n_tokens: int | None, *, same_run: bool = False) -> float:
    """The smallest difference that two scores on this many tokens can tell apart, as a share of the loss.

    A rule of thumb, for two models or for two states of the same one; for two models, at least what another seed may
    change. It serves where only totals are known: training keeps one sum for each validation and not the losses along
    the text, which would be a file for every validation, and a compressor has nothing else. Where the losses of both
    are known block by block, `seqgen.evaluation.compare` makes an interval of their differences.

    >>> least_clear_share(10_000, same_run=True), least_clear_share(10_000)
    (0.01, 0.025)
    """
    shrinks = math.sqrt(math.sqrt(_USUAL_N_TOKENS / max(1, n_tokens or _USUAL_N_TOKENS)))
    return _CLEAR_WITHIN_RUN * shrinks if same_run else max(_NARROW_LEAD, _CLEAR_BETWEEN_RUNS * shrinks)


def judge(history: History, *, learns_from: LearnsFrom = "text") -> Verdict:
    """Judge a training run by its reports. `learns_from` is for what to try next, and for the unit of losses.

    >>> from pathlib import Path
    >>> from seqgen.run import read_history
    >>> print(judge(read_history(Path("checkpoints/story"))).text)
    neither improving nor overfitting as far as validation can tell: ...
    """
    if history.end is not None and history.end.reason == "diverged":
        return Verdict(
            "diverged",
            "diverged: the loss went wrong again and again, at half of the learning rates each time. Try a lower --lr",
        )
    finite = [report for report in history.validations if math.isfinite(report.nats_per_token)]
    scores = [(report.step, max(report.nats_per_token, MIN_NATS)) for report in finite]
    losses = [report.loss_nats for report in history.steps]
    if not scores or not losses:
        return Verdict(
            "unvalidated",
            "nothing was validated, so nothing can be said about what the model has not seen. Hold out a part with "
            "--valid-fraction, or give another file with --valid",
        )
    if len(scores) < MIN_VALIDATIONS:
        were = f"was {len(scores)} validation" if len(scores) == 1 else f"were {len(scores)} validations"
        return Verdict(
            "short", f"too short to judge: there {were}, and a trend takes {MIN_VALIDATIONS}. Train for longer"
        )
    tail = losses[-max(1, round(_TAIL_SHARE * len(losses))) :]
    n_tokens, best = finite[-1].n_tokens or _USUAL_N_TOKENS, min(nats for _, nats in scores)
    clear = max(least_clear_share(n_tokens, same_run=True), _LEAST_CLEAR_NATS / (n_tokens * best))
    final_loss = max(sum(tail) / len(tail), MIN_NATS)
    return _judge_trend(scores, final_loss=final_loss, clear=clear, task=_TASKS[learns_from])


def _judge_trend(scores: Sequence[tuple[int, float]], *, final_loss: float, clear: float, task: _Task) -> Verdict:
    """Judge by the validations, which are pairs of step and nats, and by the training loss at the end.

    `clear` is the smallest share that two validations can tell apart.
    """
    last_step, last = scores[-1]
    best_step, best = min(scores, key=lambda score: score[1])
    rise = last / best - 1
    chance = f"differences below {_describe_clear(clear, best=best, task=task)} may be chance"
    if rise > max(_OVERFITTING_RISE, clear):
        return Verdict(
            "overfitting",
            f"{'' if rise > 2 * clear else 'probably '}overfitting since step {best_step:,}: the model memorises the "
            f"training part, and at the end {_describe_rise(best, last, clear=clear, task=task)} ({chance}). The "
            f"weights of that step are kept. Try more --dropout, a smaller --width or {task.more}",
        )
    if best <= _SOLVED_NATS:
        return Verdict(
            "converged",
            "converged: the model predicts the validation part almost without error, at "
            f"{task.loss(best)} {task.unit}. There is little left to gain",
        )
    earlier = next((nats for step, nats in reversed(scores) if step <= last_step * 2 / 3), scores[0][1])
    gain = _describe_gain(best, earlier, clear=clear, task=task)
    if earlier >= best * (1 + max(_WORTHWHILE_GAIN, clear)):
        return Verdict(
            "improving",
            f"still improving: {gain}. More time will help: continue with --resume and a larger budget",
        )
    if clear > _WORTHWHILE_GAIN:
        return Verdict(
            "unclear",
            f"neither improving nor overfitting as far as validation can tell: {gain}, but on so short a validation "
            f"part {chance}. Give {task.better} with --valid",
        )
    remedy = (
        f"The model predicts its training part much better than the validation part, so more --dropout or {task.more} "
        "may help"
        if best > final_loss * (1 + _WIDE_GAP)
        else "A larger --width may take it further"
    )
    return Verdict("converged", f"converged: {gain}. More time alone will bring little. {remedy}")


def _describe_rise(best: float, last: float, *, clear: float, task: _Task) -> str:
    """How much worse the last score is than the best one: as a share, as a factor if it is more than double, or as two
    losses where shares say little.
    """
    figures = f"{task.loss(last)} instead of {task.loss(best)} {task.unit}"
    if clear > _MOST_CLEAR_IN_PERCENT:
        return f"its validation loss is {figures}"
    if last < 2 * best:
        return f"it predicts the validation part {last / best - 1:.1%} worse than at that step"
    return f"its validation loss is {last / best:.1f} times that of this step, {figures}"


def _describe_gain(best: float, earlier: float, *, clear: float, task: _Task) -> str:
    """How much better the best score is than one at two thirds of the run: as a share, or as a difference where it was
    more than double or shares say little.
    """
    if clear > _MOST_CLEAR_IN_PERCENT or earlier > 2 * best:
        by = f"{task.loss(earlier - best)}, to {task.loss(best)} {task.unit}"
    else:
        by = f"{earlier / best - 1:.1%}"
    return f"the validation loss improved by {by} in the last third of the run"


def _describe_clear(clear: float, *, best: float, task: _Task) -> str:
    """The smallest difference that is not due to chance."""
    return f"{clear:.1%}" if clear <= _MOST_CLEAR_IN_PERCENT else f"{task.loss(clear * best)} {task.unit}"
