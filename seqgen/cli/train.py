"""`seqgen train`: from a text to a run folder."""

from __future__ import annotations

import contextlib
import math
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqgen.cli.boundary import EXIT_ERROR
from seqgen.cli.options import print_fields
from seqgen.cli.render import count, duration, note
from seqgen.cli.request import resume_session, start_session
from seqgen.cli.signals import stop_wishes
from seqgen.config import (
    DEFAULT_CELL,
    DEFAULT_MINUTES,
    Cell,
    CorpusConfig,
    Device,
    Documents,
    TokenizerName,
    WordSplit,
)

if TYPE_CHECKING:
    from seqgen.training import EndReport, Session

_DEFAULT = CorpusConfig(paths=())


def _option(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, show_default=False, **more)


def train(
    ctx: typer.Context,
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Files, folders, or - for standard input.", show_default=False)] = None,
    cell: Annotated[Cell | None, _option(f"Kind of model; {DEFAULT_CELL} if left out.")] = None,
    tokenizer: Annotated[TokenizerName, _option("What a token is; char if left out.")] = "char",
    vocab_size: Annotated[int | None, _option("Size of a word or sentencepiece vocabulary.")] = None,
    word_split: Annotated[WordSplit | None, _option("How words split; whitespace: closed benchmark rule.")] = None,
    layers: Annotated[int | None, _option("Layers, one upon the other.")] = None,
    width: Annotated[int | None, _option("Units of a layer.")] = None,
    dropout: Annotated[float | None, _option("Share of units dropped while training.")] = None,
    memory: Annotated[int | None, _option("Positions a transformer attends to.")] = None,
    minutes: Annotated[float | None, _option(f"Train so long; {DEFAULT_MINUTES:g} if no budget is given.")] = None,
    steps: Annotated[int | None, _option("Train so many steps.")] = None,
    epochs: Annotated[float | None, _option("Train so many passes over the text.")] = None,
    lr: Annotated[float | None, _option("Highest learning rate.")] = None,
    window: Annotated[int | None, _option("Time steps that gradients flow through.")] = None,
    streams: Annotated[int | None, _option("Places of the text read side by side (batch size).")] = None,
    clip: Annotated[float | None, _option("Largest norm of the gradient.")] = None,
    patience: Annotated[int | None, _option("Stop after so many validations without a better one.")] = None,
    seed: Annotated[int | None, _option("The same seed trains the same model.")] = None,
    documents: Annotated[Documents | None, _option("The text is many documents, and this ends each.")] = None,
    valid_fraction: Annotated[float, _option(f"Share for validation; {_DEFAULT.valid_fraction:g} if left out.")] = _DEFAULT.valid_fraction,
    test_fraction: Annotated[float, _option(f"Share for testing; {_DEFAULT.test_fraction:g} if left out.")] = _DEFAULT.test_fraction,
    valid: Annotated[list[str] | None, _option("Validation text of its own.")] = None,
    test: Annotated[list[str] | None, _option("Test text of its own.")] = None,
    encoding: Annotated[str, _option("Encoding of the text; utf-8 if left out.")] = _DEFAULT.encoding,
    out: Annotated[str | None, _option("Run folder; one under checkpoints/ if left out.")] = None,
    resume: Annotated[str | None, _option("Go on with this run; the budget counts from its beginning.")] = None,
    corpus: Annotated[list[str] | None, _option("With --resume: where the text is now, if it has moved.")] = None,
    from_: Annotated[str | None, _option("Begin from this run's weights and vocabulary.", "--from")] = None,
    device: Annotated[Device, _option("Where to train; auto takes a GPU if there is one.")] = "auto",
    set_: Annotated[list[str] | None, _option("Any other field; --fields lists them.", "--set", metavar="FIELD=VALUE")] = None,
    fields: Annotated[bool, _option("List every field with its default.", "--fields")] = False,
) -> None:  # fmt: skip
    """Train a model on a text; what is left open is chosen to suit the text and the time."""
    if fields:
        print_fields()
        return
    given = {name: value for name, value in ctx.params.items() if _is_given(ctx, name)}
    _run(resume_session(given) if resume is not None else start_session(given))


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT" and ctx.params[name] is not None


def _run(session: Session) -> None:
    """Train to the end, or to the next Ctrl-C; either way everything is saved."""
    from seqgen.cli.progress import ProgressView
    from seqgen.training import EndReport

    view = ProgressView(session)
    end: EndReport | None = None
    with stop_wishes() as wish, contextlib.closing(view):
        for report in session.reports():
            view.show(report)
            if isinstance(report, EndReport):
                end = report
            elif wish:
                session.save()
                break
    if end is None:
        note(
            f"saved at step {session.state.step}; go on with: seqgen train --resume {shlex.quote(str(session.folder))}"
        )
        raise typer.Exit(wish.exit_status)
    note(_ending(session, end))
    if end.reason == "diverged":
        raise typer.Exit(EXIT_ERROR)


def _ending(session: Session, end: EndReport) -> str:
    from seqgen.run import MODEL_FILE

    reason = {
        "budget": "done",
        "patience": f"validation has not improved {session.record.training.patience} times in a row",
        "diverged": "the loss is no longer a number: try a lower --lr; the best model so far is kept",
    }[end.reason]
    state, folder = session.state, session.folder
    lines = [f"{reason}: {count(state.step)} steps, {session.epoch:.1f} epochs, {duration(state.elapsed_s)}"]
    if math.isfinite(state.best_nats):
        lines.append(
            f"kept: the model of step {count(state.best_step)}, the best on validation with {state.best_nats:.4f} nats "
            "per token (seqgen eval reads it in one piece and prices unseen characters: a little different)"
        )
    lines += [f"model: {folder / MODEL_FILE}", f"write with it: seqgen sample {shlex.quote(str(folder))}"]
    return "\n".join(lines)
