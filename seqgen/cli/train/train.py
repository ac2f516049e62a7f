"""`seqgen train`: from a text to a run folder."""

from __future__ import annotations

import contextlib
import math
import shlex
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seqgen.cli.shared.command_group import EXIT_ERROR
from seqgen.cli.shared.options import require_at_least
from seqgen.cli.shared.render import count, duration, note
from seqgen.cli.shared.signals import StopRequest, stop_requests
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.train.beginning import beginning
from seqgen.cli.train.closing import close, judge_session, next_command
from seqgen.cli.train.fields import print_fields
from seqgen.cli.train.last_words import LastWords
from seqgen.cli.train.options import TrainOptions
from seqgen.cli.train.request import base_to_weigh, budget_of, train_request
from seqgen.cli.train.score_unit import ScoreUnit
from seqgen.config import parse_duration
from seqgen.errors import ConfigError
from seqgen.launch import require_single_process
from seqgen.waiting import watched
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.training import EndReport, Log, LogOpener, Session, TrainingRequest

_MOST_LATE_SHARE, _MOST_LATE_S = 0.05, 2.0
"""A time budget that is exceeded by more than this share and these seconds is worth a sentence."""


def train(options: TrainOptions) -> None:
    """Train a model on a text or on pairs. What you leave open is chosen for you."""
    if options.fields:
        print_fields()
        return
    require_at_least(options, 1, "seeds")
    if options.seeds > 1:
        require_single_process("--seeds")
    openers = _log_openers(options.log)  # before the text is read, which may take long
    trained: list[Session] = []
    for session in _sessions(options):
        with LastWords(session) as last_words:
            logs = [opener(session.folder, session.step) for opener in openers if session.is_first_process]
            _run(session, logs, last_words=last_words, corpus_paths=options.corpus)
        trained.append(session)
    if len(trained) > 1:
        _compare_seeds(trained)


def _sessions(options: TrainOptions) -> Iterator[Session]:
    """The session that the options describe, and one for each further seed, each after the end of the one before."""
    if options.resume is not None:
        yield _resume(options, Path(options.resume))
        return
    with starting():
        from seqgen.training import another_seed
        from seqgen.training.tokenizer_trials import describe_trials, settle_tokenizer

    request = train_request(options)
    base = base_to_weigh(options, request)
    if base is not None:
        from seqgen.evaluation import choose_start

        request = choose_start(request, base)
    if options.seeds > 1:  # all of them in the same tokens
        request, trials = settle_tokenizer(request)
        for line in describe_trials(trials):
            note(line)
    first = _start(request, is_verbose=options.verbose)
    yield first
    for n in range(1, options.seeds):
        note(f"run {n + 1} of {options.seeds}, which differs from the first in its seed alone")
        yield _start(another_seed(request, first.record, folder=first.folder, n=n))


def _compare_seeds(sessions: Sequence[Session]) -> None:
    """Say how much the scores of runs differ that differ in their seed alone."""
    scores = [_score_of(session) for session in sessions]
    bits = [score for _, score in scores if score is not None and math.isfinite(score)]
    if len(bits) > 1:
        mean, deviation, (unit, _) = statistics.fmean(bits), statistics.stdev(bits), scores[0]
        note(
            f"{len(bits)} seeds: {mean:.4f} {unit.in_words} on validation, standard deviation {deviation:.4f}; the "
            f"best is seed {min(sessions, key=lambda session: session.best_nats).record.training.seed}"
        )
    folders = " ".join(shlex.quote(str(session.folder)) for session in sessions)
    note(f"as one row beside other runs: seqgen eval {folders}", wraps=False)


def _score_of(session: Session) -> tuple[ScoreUnit, float | None]:
    """The best validation of a session in its unit; None if it has none in it."""
    unit = ScoreUnit.of(session)
    return unit, unit.validated_bits(session.best_nats, session.best_bits)


def _log_openers(names: Sequence[str]) -> list[LogOpener]:
    if not names:
        return []
    from seqgen.training import log_opener

    sys.path.insert(0, str(Path.cwd()))  # a module beside the texts, as `python -m` finds it
    return [log_opener(name) for name in names]


def _start(request: TrainingRequest, *, is_verbose: bool = False) -> Session:
    """Begin a new run: read its text, and choose and build its model."""
    from seqgen.training import Session

    session = Session.start(request)
    with LastWords(session):
        for line in beginning(session, has_budget=request.budget.is_set):
            note(line)
        for line in session.record.choices if is_verbose else ():
            note(f"chosen: {line}")
    return session


def _resume(options: TrainOptions, folder: Path) -> Session:
    """Continue a run where it was saved last."""
    with starting():
        from seqgen.training import Session

    budget, save_every_s = budget_of(options), parse_duration(options.save_every, field="save_every")
    session = Session.resume(
        folder,
        budget=budget if budget.is_set else None,
        device=options.device if "device" in options.given else None,
        corpus_paths=options.corpus,
        save_every_s=save_every_s,
    )
    is_spent = session.record.budget.is_spent(step=session.step, epoch=session.epoch, elapsed_s=session.elapsed_s)
    if is_spent and budget.is_set:  # and it must not become that of the run
        session.close()
        raise ConfigError(
            f"the run is at step {session.step}, where this budget is used up: give a larger one with --minutes, "
            "--steps or --epochs, or none, to keep that of the run"
        )
    with LastWords(session):
        for line in session.corpus_notes:
            note(line)
        note(f"continuing {session.folder} after step {session.step}; the budget counts from the start of the run")
        if is_spent:
            note("the budget is used up, so nothing is trained: give a larger one with --minutes, --steps or --epochs")
    return session


def _run(session: Session, logs: Sequence[Log], *, last_words: LastWords, corpus_paths: Sequence[str]) -> None:
    """Train to the end or to the next signal to stop. Everything is saved either way."""
    with stop_requests() as stop, contextlib.closing(session):
        end = _train_until_stopped(session, logs, stop=stop, last_words=last_words)
    if end is None:
        _draw_curve(session)
        last_words.say()
        raise typer.Exit(stop.exit_status)
    if session.is_first_process:
        for line in _ending(session, end, corpus_paths=corpus_paths):
            note(line)
        note(next_command(session, "it"), wraps=False)
    if end.reason == "diverged":
        raise typer.Exit(EXIT_ERROR)


def _train_until_stopped(
    session: Session, logs: Sequence[Log], *, stop: StopRequest, last_words: LastWords
) -> EndReport | None:
    """Show and log every report. Returns the last one, or None after a signal to stop."""
    from seqgen.cli.train.progress import ProgressView
    from seqgen.training import EndReport

    end: EndReport | None = None
    with contextlib.closing(ProgressView(session)) as view, watched(view.show_wait):
        for report in session.reports():
            last_words.is_saved = isinstance(report, EndReport) and report.reason != "diverged"
            view.show(report)
            for log in logs:
                log.write(report)
            if isinstance(report, EndReport):
                end = report  # the loop is not left here: the session has work to do after its last report
            elif session.any_process_stops(bool(stop)):
                session.save()
                last_words.is_saved = True
                break
    return end


def _draw_curve(session: Session) -> None:
    """Draw the curve of a run that was stopped."""
    from seqgen.cli.shared.picture_files import picture_run

    if session.is_first_process:
        picture_run(session.folder, session.record)


def _ending(session: Session, end: EndReport, *, corpus_paths: Sequence[str] = ()) -> Iterator[str]:
    from seqgen.cli.shared.picture_files import picture_run
    from seqgen.run import MODEL_FILE, read_history

    reason = {
        "budget": "done",
        "patience": f"the last {session.record.training.patience} validations brought no improvement",
        "diverged": "stopped, because the loss went wrong even at an eighth of the learning rates",
    }[end.reason]
    folder = session.folder
    yield f"{reason}: {count_of(session.step, 'step')}, {session.epoch:.1f} epochs, {duration(session.elapsed_s)}"
    budget_s = 60 * (session.record.budget.minutes or math.inf)
    if session.elapsed_s > budget_s * (1 + _MOST_LATE_SHARE) + _MOST_LATE_S:
        late = f"{duration(session.elapsed_s)} instead of {duration(budget_s)}"
        yield f"the budget was exceeded, {late}: the last step and validation took longer than expected"
    if math.isfinite(session.best_nats):
        unit, bits = _score_of(session)
        nats = f"{session.best_nats:.4f} nats per {unit.token}"
        score = nats if bits is None else f"{bits:.4f} {unit.in_words} ({nats})"
        yield f"kept: the model of step {count(session.best_step)}, with the best validation: {score}"
    yield f"verdict: {judge_session(session, read_history(folder)).text}"
    yield from close(session, corpus_paths=corpus_paths)
    curve = picture_run(folder, session.record)
    yield f"model: {folder / MODEL_FILE}" + (f"; its curve: {curve}" if curve else "")
