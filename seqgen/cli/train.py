"""`seqgen train`: from a text to a run folder."""

from __future__ import annotations

import dataclasses
import itertools
import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqgen.cli.options import parse_settings, tokenizer_config
from seqgen.cli.render import count, duration, note, print_table
from seqgen.cli.signals import stop_wishes
from seqgen.config import (
    DEFAULT_CELL,
    DEFAULT_MINUTES,
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    Budget,
    Cell,
    CorpusConfig,
    Device,
    Documents,
    TokenizerName,
    TrainingConfig,
    WordSplit,
    fields_of,
    is_chosen,
)
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.training import Report, Session, TrainingRequest

_MODEL, _TRAINING, _TEXT, _RUN = "Model", "Training", "Text", "Run"
_WITH_RESUME = {"resume", "corpus", "steps", "epochs", "minutes", "device"}
_DEFAULT = CorpusConfig(paths=())


def _option(panel: str, help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=panel, show_default=False, **more)


def train(
    ctx: typer.Context,
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Files, folders, or - for standard input.", show_default=False)] = None,
    cell: Annotated[Cell | None, _option(_MODEL, f"Kind of model; {DEFAULT_CELL} if left out.")] = None,
    tokenizer: Annotated[TokenizerName, _option(_MODEL, "What a token is; char if left out.")] = "char",
    vocab_size: Annotated[int | None, _option(_MODEL, "Size of a word or sentencepiece vocabulary.")] = None,
    word_split: Annotated[WordSplit | None, _option(_MODEL, "How words split; whitespace: closed benchmark rule.")] = None,
    layers: Annotated[int | None, _option(_MODEL, "Layers, one upon the other.")] = None,
    width: Annotated[int | None, _option(_MODEL, "Units of a layer.")] = None,
    dropout: Annotated[float | None, _option(_MODEL, "Share of units dropped while training.")] = None,
    memory: Annotated[int | None, _option(_MODEL, "Positions a transformer attends to.")] = None,
    minutes: Annotated[float | None, _option(_TRAINING, f"Train so long; {DEFAULT_MINUTES:g} if no budget is given.")] = None,
    steps: Annotated[int | None, _option(_TRAINING, "Train so many steps.")] = None,
    epochs: Annotated[float | None, _option(_TRAINING, "Train so many passes over the text.")] = None,
    lr: Annotated[float | None, _option(_TRAINING, "Highest learning rate.")] = None,
    window: Annotated[int | None, _option(_TRAINING, "Time steps that gradients flow through.")] = None,
    streams: Annotated[int | None, _option(_TRAINING, "Places of the text read side by side.")] = None,
    clip: Annotated[float | None, _option(_TRAINING, "Largest norm of the gradient.")] = None,
    patience: Annotated[int | None, _option(_TRAINING, "Stop after so many validations without a better one.")] = None,
    seed: Annotated[int | None, _option(_TRAINING, "The same seed trains the same model.")] = None,
    documents: Annotated[Documents | None, _option(_TEXT, "What stands between separate documents.")] = None,
    valid_fraction: Annotated[float, _option(_TEXT, f"Share for validation; {_DEFAULT.valid_fraction:g} if left out.")] = _DEFAULT.valid_fraction,
    test_fraction: Annotated[float, _option(_TEXT, f"Share for testing; {_DEFAULT.test_fraction:g} if left out.")] = _DEFAULT.test_fraction,
    valid: Annotated[list[str] | None, _option(_TEXT, "Validation text of its own.")] = None,
    test: Annotated[list[str] | None, _option(_TEXT, "Test text of its own.")] = None,
    encoding: Annotated[str, _option(_TEXT, "Encoding of the text; utf-8 if left out.")] = _DEFAULT.encoding,
    out: Annotated[str | None, _option(_RUN, "Run folder; one under checkpoints/ if left out.")] = None,
    resume: Annotated[str | None, _option(_RUN, "Go on with this run; takes no text.")] = None,
    corpus: Annotated[str | None, _option(_RUN, "With --resume: where the text is now, if it has moved.")] = None,
    from_: Annotated[str | None, _option(_RUN, "Begin from this run's weights and vocabulary.", "--from")] = None,
    device: Annotated[Device, _option(_RUN, "Where to train; auto takes a GPU if there is one.")] = "auto",
    set_: Annotated[list[str] | None, _option(_RUN, "Any other field; --fields lists them.", "--set", metavar="FIELD=VALUE")] = None,
    fields: Annotated[bool, _option(_RUN, "List every field with its default.", "--fields")] = False,
) -> None:  # fmt: skip
    """Train a model on a text; what is left open is chosen to suit the text and the time."""
    if fields:
        _print_fields()
        return
    given = {name: value for name, value in ctx.params.items() if _is_given(ctx, name)}
    session = _resume(given) if resume is not None else _start(given)
    _run(session)


_FIELD_OF_OPTION = {
    "layers": "n_layer",
    "width": "d_model",
    "dropout": "dropout",
    "memory": "memory",
    "lr": "learning_rate",
    "window": "window",
    "streams": "n_streams",
    "clip": "clip_norm",
    "patience": "patience",
    "seed": "seed",
    "vocab_size": "vocab_size",
    "word_split": "word_split",
}


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT" and ctx.params[name] is not None


def _budget(given: dict[str, Any]) -> Budget:
    return Budget(**{name: given[name] for name in fields_of(Budget) if name in given})


def _resume(given: dict[str, Any]) -> Session:
    """The session that goes on with a run."""
    others = sorted(set(given) - _WITH_RESUME)
    if others:
        names = ", ".join("TEXT" if name == "texts" else f"--{name.strip('_').replace('_', '-')}" for name in others)
        raise ConfigError(f"--resume takes a budget and --device only, not {names}: the rest is in the run")
    from seqgen.training import Session

    budget = _budget(given)
    session = Session.resume(
        Path(given["resume"]),
        budget=budget if budget.is_set else None,
        device=given.get("device", "auto"),
        corpus_path=given.get("corpus"),
    )
    note(f"going on with {session.folder} at step {session.state.step}")
    return session


def _start(given: dict[str, Any]) -> Session:
    """The session of a new run, its text read and its model built."""
    from seqgen.training import Session

    request = _request(given)
    session = Session.start(request)
    part = session.record.corpus["parts"]["train"]
    note(
        f"read {count(part['n_characters'])} characters as {count(part['n_tokens'])} tokens "
        f"of {count(session.tokenizer.vocab_size)} kinds in {session.read_s:.1f} s"
    )
    if not request.budget.is_set:
        note(f"no budget given: training for {DEFAULT_MINUTES:g} minutes (--minutes, --steps, --epochs)")
    note(f"chosen: {'; '.join(session.record.notes)}")
    note(
        f"{session.record.model.cell} with {count(session.n_parameters)} parameters on {session.state.device}, in {session.folder}"
    )
    return session


def _request(given: dict[str, Any]) -> TrainingRequest:
    """What the options ask for, as the library has it."""
    if "corpus" in given:
        raise ConfigError("--corpus goes with --resume; the text of a new run is given as it is: seqgen train TEXT")
    if "texts" not in given:
        raise ConfigError("give a text to train on: a file, a folder, or - for standard input")
    from seqgen.run import open_model
    from seqgen.training import TrainingRequest

    cell = given.get("cell")
    flags = {field: given[option] for option, field in _FIELD_OF_OPTION.items() if option in given}
    models = [MODEL_CONFIGS[cell]] if cell else list(MODEL_CONFIGS.values())
    classes = [*models, TrainingConfig, *TOKENIZER_CONFIGS.values()]
    settings = {**flags, **parse_settings(given.get("set_", ()), classes)}
    of_tokenizer = {name for config in TOKENIZER_CONFIGS.values() for name in fields_of(config)}
    tokenizer = {name: value for name, value in settings.items() if name in of_tokenizer}
    if "from_" in given and (tokenizer or "tokenizer" in given):
        raise ConfigError("--from brings its own tokenizer: leave out --tokenizer and its fields")
    return TrainingRequest(
        corpus=_corpus(given),
        cell=cell,
        tokenizer=tokenizer_config(given.get("tokenizer", "char"), tokenizer),
        settings={name: value for name, value in settings.items() if name not in of_tokenizer},
        budget=_budget(given),
        device=given.get("device", "auto"),
        folder=Path(given["out"]) if "out" in given else None,
        parent=open_model(given["from_"]) if "from_" in given else None,
    )


def _corpus(given: dict[str, Any]) -> CorpusConfig:
    names = ("encoding", "documents", "valid_fraction", "test_fraction")
    own = {name: given[name] for name in names if name in given}
    valid, test = tuple(given.get("valid", ())), tuple(given.get("test", ()))
    return CorpusConfig(paths=tuple(given["texts"]), valid_paths=valid, test_paths=test, **own)


def _run(session: Session) -> None:
    """Train to the end, or to the next Ctrl-C; either way everything is saved."""
    from seqgen.cli.progress import ProgressView
    from seqgen.training import EndReport

    view = ProgressView(session)
    with stop_wishes() as wish:
        try:
            for report in session.reports():
                view.show(report)
                if isinstance(report, EndReport):
                    break
                if wish:
                    session.save()
                    break
        finally:
            view.close()
    if wish:
        note(
            f"saved at step {session.state.step}; go on with: seqgen train --resume {shlex.quote(str(session.folder))}"
        )
        raise typer.Exit(wish.exit_status)
    note(_ending(session, report))


def _ending(session: Session, report: Report) -> str:
    from seqgen.run import MODEL_FILE

    reason = {
        "budget": "the budget is spent",
        "patience": f"validation has not improved {session.record.training.patience} times in a row",
        "diverged": "the loss is no longer a number: try a lower --lr; the best model so far is kept",
    }[getattr(report, "reason", "budget")]
    best = session.state.best_nats
    score = f", best validation {best:.4f} nats per token" if math.isfinite(best) else ""
    return (
        f"{reason}: {count(session.state.step)} steps, {session.epoch:.1f} epochs, "
        f"{duration(session.state.elapsed_s)}{score}\nmodel: {session.folder / MODEL_FILE}"
    )


def _print_fields() -> None:
    """Every field that --set takes, with its default and the models or tokenizers it belongs to."""
    owners = itertools.chain(MODEL_CONFIGS.items(), TOKENIZER_CONFIGS.items(), [("training", TrainingConfig)])
    rows: dict[str, list[str]] = {}
    for owner, config in owners:
        for name, field in fields_of(config).items():
            rows.setdefault(name, [name, _default(field), ""])[2] += f" {owner}"
    print_table(["field", "default", "of"], list(rows.values()), n_left=3)


def _default(field: dataclasses.Field[Any]) -> str:
    return "chosen" if is_chosen(field) else str(field.default).lower()
