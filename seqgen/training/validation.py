"""The validation part, scored with the weights and with their average."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seqgen.config import TrainingConfig
from seqgen.corpus import Batches
from seqgen.run import ValidationReport
from seqgen.scoring import sum_nats
from seqgen.training.schedule import Clock
from seqgen.training.state import TrainingData, TrainingState, are_finite
from seqgen.waiting import waiting


def validate(
    state: TrainingState, data: TrainingData, *, config: TrainingConfig, clock: Clock
) -> Iterator[ValidationReport]:
    """Score the validation part, if there is one, with the weights and with their average. The better one counts."""
    if data.valid is None:
        return
    started = clock.time.now()
    with waiting("validating"):
        scores = _score(state, data.valid, config) if state.group.is_first else (0.0, 0.0)
    raw, averaged = state.group.broadcast_all(scores)
    is_average = math.isfinite(averaged) and not raw <= averaged  # written so that the average counts if raw is NaN
    nats = averaged if is_average else raw
    per_token = nats / data.valid.n_targets
    weights = state.average.weights if state.average and is_average else state.model.parameters()
    is_best = math.isfinite(per_token) and per_token <= state.best_nats and are_finite(weights)
    if is_best:
        state.best_nats, state.best_step = per_token, state.step
    state.n_worse = 0 if is_best else state.n_worse + 1
    state.validated_step = state.step
    state.elapsed_s = clock.elapsed_s
    yield ValidationReport(
        step=state.step,
        nats_per_token=per_token,
        bits_per_character=nats / data.valid_characters / math.log(2) if data.valid_characters else None,
        is_best=is_best,
        is_average=is_average,
        n_tokens=data.valid.n_targets,
        took_s=clock.time.now() - started,
        elapsed_s=state.elapsed_s,
    )
    clock.closing_s = clock.time.now() - started  # what the caller did with the report is included: it may have saved


def _score(state: TrainingState, valid: Batches, config: TrainingConfig) -> tuple[float, float]:
    """Nats of the validation part with the weights, and with their average; infinite if there is no average."""
    raw = sum_nats(state.model, valid, precision=config.precision)
    if state.average is None:
        return raw, math.inf
    with state.average.in_place():
        return raw, sum_nats(state.model, valid, precision=config.precision)
