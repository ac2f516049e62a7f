"""`seqgen eval`: how well models predict texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqgen.cli.evaluate.breakdown import Form, print_highest_loss, print_shaded, print_units
from seqgen.cli.evaluate.novelty import report_novelty
from seqgen.cli.evaluate.sample_quality import report_quality
from seqgen.cli.evaluate.scoreboard import print_scores
from seqgen.cli.shared.options import given_options, option
from seqgen.cli.shared.render import note, print_json, print_prose
from seqgen.config import Part
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.evaluation import Baseline, Comparison, Reading, ScoredReading, ScoringMode, TextSelection
    from seqgen.run import SavedModel

_N_HIGHEST_LOSS = 50
_SAMPLES = 20


def evaluate(
    ctx: typer.Context,
    runs: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="Run folders or .safetensors files; the newest run if left out.", show_default=False)] = None,
    on: Annotated[list[str] | None, option("Text file to score; may be repeated.")] = None,
    part: Annotated[Part, option("Part of the run's own corpus to score; valid if left out.")] = "valid",
    context: Annotated[str, option("What is read before each token: carried (everything, the default), cold:256 (separate windows) or sliding:256/64 (windows of which the last 64 tokens are scored).", metavar="MODE")] = "carried",
    dynamic: Annotated[bool, option("Score each run a second time with weights that go on learning from the text they have scored (dynamic evaluation); needs the training text, as --baselines does.", "--dynamic")] = False,
    baselines: Annotated[bool, option("Beside n-grams, a bag of tokens, a fixed window and compressors that know the same training text.", "--baselines")] = False,
    by: Annotated[Literal["token", "line", "document"] | None, option("Print what each token, line or document costs, instead of the table.")] = None,
    form: Annotated[Form, option("Of --by: JSON Lines or CSV; jsonl if left out.")] = "jsonl",
    show: Annotated[bool, option("Print the text, shaded by how surprising each token is, instead of the table.", "--show")] = False,
    highest_loss: Annotated[bool, option(f"Print the {_N_HIGHEST_LOSS} tokens that cost most, instead of the table.", "--highest-loss")] = False,
    novelty: Annotated[bool, option("Report what of its samples, or of the --on text, is copied from the training text.", "--novelty")] = False,
    samples: Annotated[int | None, option(f"Write so many samples of 1,000 characters at each temperature and say which is closest to human text; with --novelty, so many at 0.8 ({_SAMPLES} if left out).")] = None,
    corpus: Annotated[list[str] | None, option("Where the run's corpus is now, if it has moved.")] = None,
    encoding: Annotated[str, option("Encoding of the --on files; utf-8 if left out.")] = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:  # fmt: skip
    """Report perplexity, bits per character and bits per byte, and which of several runs is better.

    The nats of all tokens, the first included, are summed and divided once. Only bits compare across tokenizers.
    """
    from seqgen.evaluation import Context, ScoredReading, TextSelection
    from seqgen.run import open_model

    _check(given_options(ctx))
    mode = Context.parse(context)
    models = [open_model(run) for run in runs] if runs else [open_model()]
    if novelty:
        report_novelty(models, on or [], encoding, samples or _SAMPLES, corpus or [], as_json)
        return
    if samples is not None:
        report_quality(models, samples, corpus or [], as_json)
        return
    selection = TextSelection.of(on or [], encoding=encoding, part=part, corpus_paths=corpus or [])
    texts = readings_of(models, selection, mode, dynamic=dynamic)
    if by is not None:
        print_units(texts, by, form)
    elif show:
        print_shaded(texts)
    elif highest_loss:
        print_highest_loss(texts, _N_HIGHEST_LOSS)
    else:
        _print_table([ScoredReading.of(reading) for reading in texts], corpus or [], baselines, as_json)


def readings_of(
    models: Sequence[SavedModel], selection: TextSelection, mode: ScoringMode, *, dynamic: bool = False
) -> Iterator[Reading]:
    """Every selected text under every model; which model is read is noted."""
    from seqgen.evaluation import readings

    for model in models:
        note(f"model: {model.path}")
        if dynamic:
            note("each text is read once more, learning from it: that takes some ten times as long")
        yield from readings(model, selection, mode=mode, dynamic=dynamic)


def note_baselines(rows: Sequence[ScoredReading]) -> None:
    """Say what the next seconds are for."""
    for name in dict.fromkeys(row.reading.text_name for row in rows):
        note(f"baselines of {name}: n-grams are counted and two small networks trained")


def _print_table(rows: Sequence[ScoredReading], corpus_paths: Sequence[str], baselines: bool, as_json: bool) -> None:
    from seqgen.evaluation import baselines_of, compare_all, split_warnings

    for warning in split_warnings(rows):
        note(warning)
    others: list[Baseline] = []
    if baselines:
        note_baselines(rows)
        others = list(baselines_of(rows, corpus_paths))
    compared = compare_all(rows)
    if as_json:
        objects: list[ScoredReading | Baseline | Comparison] = [*rows, *others, *compared]
        print_json([one.to_json() for one in objects])
        return
    print_scores(rows, others)
    for sentence in dict.fromkeys(comparison.sentence for comparison in compared):
        print_prose(sentence)


_OF_EACH = {"runs", "on", "corpus", "encoding"}
_OF_SCORES = {*_OF_EACH, "part", "context"}
_ALONE = {
    "novelty": {*_OF_EACH, "novelty", "samples", "as_json"},
    "samples": {"runs", "corpus", "novelty", "on", "samples", "as_json"},
    "by": {*_OF_SCORES, "by", "form"},
    "show": {*_OF_SCORES, "show"},
    "highest_loss": {*_OF_SCORES, "highest_loss"},
}


def _check(given: dict[str, Any]) -> None:
    for name, allowed in _ALONE.items():
        others = sorted(given.keys() - allowed)
        if name in given and given[name] is not False and others:
            names = ", ".join("--" + other.removeprefix("as_").replace("_", "-") for other in others)
            raise ConfigError(f"--{name} does not go with {names}")
    if "part" in given and "on" in given:
        raise ConfigError("--part is of the run's own corpus, and --on names another text: give one of them")
    if "encoding" in given and "on" not in given:
        raise ConfigError("--encoding is of the --on files")
    if "form" in given and "by" not in given:
        raise ConfigError("--form is of --by")
    if "dynamic" in given and "context" in given:
        raise ConfigError("--dynamic reads a text as one stream: it does not go with --context")
    if given.get("samples", 1) < 1:
        raise ConfigError(f"--samples is {given['samples']}: it must be 1 or more")
    if "samples" in given and "on" in given:
        raise ConfigError("--samples does not go with --on: the one is written, the other read")
