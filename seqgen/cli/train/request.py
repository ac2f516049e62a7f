"""From the options of `seqgen train`, `plan` and `race` to what the library is asked to train."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.options import settings_of
from seqgen.cli.train.options import PlanOptions, RaceOptions, TrainOptions
from seqgen.config import (
    CORPUS_SETTINGS,
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    Budget,
    Cell,
    CorpusConfig,
    FieldValue,
    TokenizerConfig,
    TrainingConfig,
    fields_of,
    parse_settings,
    tokenizer_config,
)
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.training import TrainingRequest


def train_request(options: TrainOptions) -> TrainingRequest:
    """The request for a new run.

    Raises:
        ConfigError: there is no text, or an option or setting has an impossible value.
    """
    if not options.texts:
        raise ConfigError("give a text to train on: a file, a folder, or - for standard input")
    from seqgen.run import open_model
    from seqgen.training import TrainingRequest

    corpus = replace(
        _corpus_of(options),
        valid_fraction=options.valid_fraction,
        test_fraction=options.test_fraction,
        test_paths=options.test,
    )
    keeps_vocabulary = "tokenizer" not in options.given or options.from_ is None
    may_set_tokenizer = options.from_ is None or not keeps_vocabulary
    tokenizer, settings = _configure(options, options.cell, may_set_tokenizer=may_set_tokenizer)
    return TrainingRequest(
        corpus=corpus,
        cell=options.cell,
        tokenizer=tokenizer,
        settings=settings,
        budget=budget_of(options),
        device=options.device,
        folder=Path(options.out) if options.out is not None else None,
        parent=open_model(options.from_) if options.from_ is not None else None,
        keeps_vocabulary=keeps_vocabulary,
    )


def budget_of(options: TrainOptions) -> Budget:
    """How long to train; not set if the options do not say it."""
    return Budget(steps=options.steps, epochs=options.epochs, minutes=options.minutes)


def plan_request(options: PlanOptions) -> TrainingRequest:
    """The request whose candidates are compared."""
    from seqgen.training import TrainingRequest

    tokenizer, settings = _configure(options, options.cell)
    return TrainingRequest(
        corpus=_corpus_of(options),
        cell=options.cell,
        tokenizer=tokenizer,
        settings=settings,
        budget=Budget(minutes=options.minutes),
        device=options.device,
    )


def race_request(options: RaceOptions) -> TrainingRequest:
    """The request that every cell gets."""
    from seqgen.training import TrainingRequest

    tokenizer, settings = _configure(options, None)
    return TrainingRequest(
        corpus=_corpus_of(options),
        tokenizer=tokenizer,
        settings=settings,
        budget=Budget(minutes=options.minutes),
        device=options.device,
        folder=Path(options.out) if options.out is not None else None,
    )


def _corpus_of(options: TrainOptions | PlanOptions | RaceOptions) -> CorpusConfig:
    """Where the text comes from and how it is read, by options of their own or by `--set`."""
    settings: dict[str, Any] = parse_settings(filter(_sets_corpus, options.set_), [CorpusConfig])
    return CorpusConfig(
        paths=options.texts,
        encoding=options.encoding,
        include=options.include,
        exclude=options.exclude,
        field=options.field,
        documents=options.documents if options.field is None else "record",
        valid_paths=options.valid,
        **settings,
    )


def _sets_corpus(setting: str) -> bool:
    """Whether a text such as `line_ends=keep` sets a field of the corpus."""
    return setting.partition("=")[0] in CORPUS_SETTINGS


def _configure(
    options: TrainOptions | PlanOptions | RaceOptions, cell: Cell | None, *, may_set_tokenizer: bool = True
) -> tuple[TokenizerConfig | None, dict[str, FieldValue]]:
    """The tokenizer, and the fields of model and training that were set, by options of their own or by `--set`.

    The tokenizer is None if trials are to choose it.
    """
    models = [MODEL_CONFIGS[cell]] if cell else list(MODEL_CONFIGS.values())
    classes = [*models, TrainingConfig, *TOKENIZER_CONFIGS.values()]
    settings = {**settings_of(options), **parse_settings(itertools.filterfalse(_sets_corpus, options.set_), classes)}
    known = {"word_split", *(name for config in TOKENIZER_CONFIGS.values() for name in fields_of(config))}
    names = known & settings.keys()
    if names and not may_set_tokenizer:
        setting = f"--set {min(names)}"
        raise ConfigError(
            f"{setting} cannot be given with --from, which takes the vocabulary of an earlier run: name a new one with "
            "--tokenizer, or leave it out"
        )
    if options.tokenizer == "auto":
        if names:
            raise ConfigError(
                f"{min(names)} cannot be given with --tokenizer auto, which tries several tokenizers: leave out one"
            )
        return None, settings
    tokenizer = tokenizer_config(options.tokenizer, {name: settings.pop(name) for name in sorted(names)})
    return tokenizer, settings
