"""`seqgen train`: from a text to a run folder."""

from __future__ import annotations

import contextlib
import math
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seqgen.cli.shared.exits import EXIT_ERROR
from seqgen.cli.shared.options import (
    DeviceOption,
    DocumentsOption,
    EncodingOption,
    TokenizerOption,
    ValidOption,
    VocabSizeOption,
    WordSplitOption,
    given_options,
    option,
    print_fields,
)
from seqgen.cli.shared.render import count, duration, note
from seqgen.cli.shared.signals import stop_requests
from seqgen.cli.train.request import resume_session, start_session
from seqgen.config import (
    DEFAULT_CELL,
    DEFAULT_MINUTES,
    Cell,
    CorpusConfig,
    Precision,
)

if TYPE_CHECKING:
    from seqgen.training import EndReport, Log, LogOpener, Session

_DEFAULT = CorpusConfig(paths=())


def train(
    ctx: typer.Context,
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Files, folders, or - for standard input.", show_default=False)] = None,
    cell: Annotated[Cell | None, option(f"Kind of model; if left out, what suits text and time, mostly {DEFAULT_CELL}.")] = None,
    tokenizer: TokenizerOption = "char",
    vocab_size: VocabSizeOption = None,
    word_split: WordSplitOption = None,
    layers: Annotated[int | None, option("Layers, one upon the other.")] = None,
    width: Annotated[int | None, option("Units of a layer.")] = None,
    dropout: Annotated[float | None, option("Share of units dropped while training.")] = None,
    memory: Annotated[int | None, option("Positions a transformer attends to.")] = None,
    minutes: Annotated[float | None, option(f"Train so long; {DEFAULT_MINUTES:g} if no budget is given.")] = None,
    steps: Annotated[int | None, option("Train so many steps.")] = None,
    epochs: Annotated[float | None, option("Train so many epochs.")] = None,
    lr: Annotated[float | None, option("Highest learning rate.")] = None,
    window: Annotated[int | None, option("Time steps that gradients flow through.")] = None,
    streams: Annotated[int | None, option("Places of the text read side by side (batch size).")] = None,
    clip: Annotated[float | None, option("Largest norm of the gradient.")] = None,
    patience: Annotated[int | None, option("Stop after so many validations without a better one; not with --minutes.")] = None,
    precision: Annotated[Precision | None, option("Type of products; auto measures which is faster.")] = None,
    seed: Annotated[int | None, option("The same seed trains the same model.")] = None,
    documents: DocumentsOption = None,
    valid_fraction: Annotated[float, option(f"Share for validation; {_DEFAULT.valid_fraction:g} if left out.")] = _DEFAULT.valid_fraction,
    test_fraction: Annotated[float, option(f"Share for testing; {_DEFAULT.test_fraction:g} if left out.")] = _DEFAULT.test_fraction,
    valid: ValidOption = None,
    test: Annotated[list[str] | None, option("Test text of its own.")] = None,
    encoding: EncodingOption = _DEFAULT.encoding,
    out: Annotated[str | None, option("Run folder; one under checkpoints/ if left out.")] = None,
    resume: Annotated[str | None, option("Go on with this run; the budget counts from its beginning.")] = None,
    corpus: Annotated[list[str] | None, option("With --resume: where the text is now, if it has moved.")] = None,
    from_: Annotated[str | None, option("Begin from this run's weights and vocabulary.", "--from")] = None,
    device: DeviceOption = "auto",
    log: Annotated[list[str] | None, option("Write the curves elsewhere too: tensorboard, or MODULE:FUNCTION of your own (see seqgen.training.logs).")] = None,
    set_: Annotated[list[str] | None, option("Any other field; --fields lists them.", "--set", metavar="FIELD=VALUE")] = None,
    fields: Annotated[bool, option("List every field with its default.", "--fields")] = False,
) -> None:  # fmt: skip
    """Train a model on a text; what is left open is chosen to suit the text and the time."""
    if fields:
        print_fields()
        return
    given = given_options(ctx)
    openers = _log_openers(given.pop("log", ()))  # before a long reading, not after it
    session = resume_session(given) if resume is not None else start_session(given)
    logs = [opener(session.folder, session.step) for opener in openers if session.is_first_process]
    _run(session, logs)


def _log_openers(names: Sequence[str]) -> list[LogOpener]:
    if not names:
        return []
    from seqgen.training import log_opener

    sys.path.insert(0, str(Path.cwd()))  # a module beside the texts, as `python -m` finds it
    return [log_opener(name) for name in names]


def _run(session: Session, logs: Sequence[Log]) -> None:
    """Train to the end, or to the next Ctrl-C; either way everything is saved."""
    from seqgen.cli.shared.pictures import picture_run
    from seqgen.cli.train.progress import ProgressView
    from seqgen.training import EndReport

    view = ProgressView(session)
    end: EndReport | None = None
    with stop_requests() as stop, contextlib.closing(session), contextlib.closing(view):
        for report in session.reports():
            view.show(report)
            for log in logs:
                log.write(report)
            if isinstance(report, EndReport):
                end = report
            elif session.any_process_stops(bool(stop)):
                session.save()
                break
    if end is None:
        if session.is_first_process:
            picture_run(session.folder)
        note(f"saved at step {session.step}; go on with: seqgen train --resume {shlex.quote(str(session.folder))}")
        raise typer.Exit(stop.exit_status)
    if session.is_first_process:
        note(_ending(session, end))
    if end.reason == "diverged":
        raise typer.Exit(EXIT_ERROR)


def _ending(session: Session, end: EndReport) -> str:
    from seqgen.cli.shared.pictures import picture_run
    from seqgen.run import MODEL_FILE, read_history
    from seqgen.training import judge

    reason = {
        "budget": "done",
        "patience": f"validation has not improved {session.record.training.patience} times in a row",
        "diverged": "the loss is no longer a number: try a lower --lr; the best model so far is kept",
    }[end.reason]
    folder = session.folder
    lines = [f"{reason}: {count(session.step)} steps, {session.epoch:.1f} epochs, {duration(session.elapsed_s)}"]
    if math.isfinite(session.best_nats):
        lines.append(
            f"kept: the model of step {count(session.best_step)}, the best on validation with {session.best_nats:.4f} nats "
            "per token (seqgen eval reads it in one piece and prices out-of-vocabulary characters: a little different)"
        )
    if end.reason != "diverged":
        lines.append(f"verdict: {judge(read_history(folder)).text}")
    lines += [f"model: {folder / MODEL_FILE}; its curve: {picture_run(folder)}"]
    lines += [f"write with it: seqgen sample {shlex.quote(str(folder))}"]
    return "\n".join(lines)
