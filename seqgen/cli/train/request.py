"""From the options of `seqgen train`, `plan` and `race` to what the library is asked to train."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.options import parse_columns, settings_of
from seqgen.cli.train.options import NO_BASE, PlanOptions, RaceOptions, TrainOptions
from seqgen.config import (
    CORPUS_SETTINGS,
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    Budget,
    Cell,
    CorpusConfig,
    EncoderShape,
    FieldValue,
    TokenizerConfig,
    TokenizerName,
    TrainingConfig,
    fields_of,
    parse_duration,
    parse_settings,
    tokenizer_config,
)
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.run import SavedModel
    from seqgen.training import TrainingRequest

_DECIDES_START = {"cell", "backward", "tokenizer", "vocab_size", "word_split", "from_"}
"""Options after which a start from a base is not weighed. Settings that only a shape has decide it too."""


def train_request(options: TrainOptions) -> TrainingRequest:
    """The request for a new run.

    Raises:
        ConfigError: there is no text, or an option or setting has an impossible value.
    """
    if not options.texts:
        raise ConfigError("give a text to train on: a file, a folder, or - for standard input")
    from seqgen.training import TrainingRequest

    corpus = replace(
        _corpus_of(options),
        valid_fraction=options.valid_fraction,
        test_fraction=options.test_fraction,
        test_paths=options.test,
        backward=options.backward,
    )
    has_parent = options.from_ not in (None, NO_BASE)
    keeps_vocabulary = "tokenizer" not in options.given or not has_parent
    may_set_tokenizer = not has_parent or not keeps_vocabulary or options.target_tokenizer is not None
    tokenizer, settings = _configure(
        options, options.cell, may_set_tokenizer=may_set_tokenizer, target=options.target_tokenizer
    )
    return TrainingRequest(
        corpus=corpus,
        cell=options.cell,
        tokenizer=tokenizer,
        target_tokenizer=_target_tokenizer_of(options),
        encoder=options.encoder,
        attention=options.attention,
        settings=settings,
        budget=budget_of(options),
        device=options.device,
        save_every_s=parse_duration(options.save_every, field="save_every"),
        folder=Path(options.out) if options.out is not None else None,
        parent=_parent_of(options),
        keeps_vocabulary=keeps_vocabulary,
    )


def _target_tokenizer_of(options: TrainOptions | PlanOptions | RaceOptions) -> TokenizerConfig | None:
    """The tokenizer of the targets of pairs, with those of the settings that it has; None if it is not named."""
    if options.target_tokenizer is None:
        return None
    fields = fields_of(TOKENIZER_CONFIGS[options.target_tokenizer])
    settings = {name: value for name, value in _tokenizer_settings(options).items() if name in fields}
    return tokenizer_config(options.target_tokenizer, settings)


def _tokenizer_settings(options: TrainOptions | PlanOptions | RaceOptions) -> dict[str, FieldValue]:
    """The fields of tokenizers that were set, by options of their own or by `--set`."""
    classes = TOKENIZER_CONFIGS.values()
    known = {"word_split", *(name for config in classes for name in fields_of(config))}
    texts = [text for text in options.set_ if text.partition("=")[0] in known]
    own = {name: value for name, value in settings_of(options).items() if name in known}
    return {**own, **parse_settings(texts, classes)}


def _parent_of(options: TrainOptions | PlanOptions) -> SavedModel | None:
    from seqgen.run import open_model

    return None if options.from_ in (None, NO_BASE) else open_model(options.from_)


def base_to_weigh(options: TrainOptions | PlanOptions, request: TrainingRequest) -> SavedModel | None:
    """The base with which a start is compared; None if the options decide how the training begins."""
    from seqgen.training import base_to_weigh

    return base_to_weigh(request, is_decided=bool(options.given & _DECIDES_START))


def budget_of(options: TrainOptions) -> Budget:
    """How long to train; not set if the options do not say it."""
    return Budget(steps=options.steps, epochs=options.epochs, minutes=options.minutes)


def plan_request(options: PlanOptions) -> TrainingRequest:
    """The request whose candidates are compared."""
    from seqgen.training import TrainingRequest

    may_set_tokenizer = options.from_ in (None, NO_BASE) or options.target_tokenizer is not None
    tokenizer, settings = _configure(
        options, options.cell, may_set_tokenizer=may_set_tokenizer, target=options.target_tokenizer
    )
    return TrainingRequest(
        corpus=replace(_corpus_of(options), backward=options.backward),
        cell=options.cell,
        tokenizer=tokenizer,
        target_tokenizer=_target_tokenizer_of(options),
        encoder=options.encoder,
        attention=options.attention,
        settings=settings,
        budget=Budget(minutes=options.minutes),
        device=options.device,
        parent=_parent_of(options),
    )


def race_request(options: RaceOptions) -> TrainingRequest:
    """The request that every cell gets."""
    from seqgen.training import TrainingRequest

    tokenizer, settings = _configure(options, None, target=options.target_tokenizer)
    return TrainingRequest(
        corpus=_corpus_of(options),
        tokenizer=tokenizer,
        target_tokenizer=_target_tokenizer_of(options),
        encoder=options.encoder,
        attention=options.attention,
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
        pairs=options.pairs,
        columns=parse_columns(options.columns),
        targets=options.targets,
        valid_paths=options.valid,
        **settings,
    )


def _sets_corpus(setting: str) -> bool:
    """Whether a text such as `line_ends=keep` sets a field of the corpus."""
    return setting.partition("=")[0] in CORPUS_SETTINGS


def _configure(
    options: TrainOptions | PlanOptions | RaceOptions,
    cell: Cell | None,
    *,
    may_set_tokenizer: bool = True,
    target: TokenizerName | None = None,
) -> tuple[TokenizerConfig | None, dict[str, FieldValue]]:
    """The tokenizer, and the fields of model and training that were set, by options of their own or by `--set`.

    The tokenizer is None if trials are to choose it. `target` is the tokenizer of the targets of pairs, if it is named;
    fields that only that one has are left to it.
    """
    models = [MODEL_CONFIGS[cell]] if cell else list(MODEL_CONFIGS.values())
    classes = [*models, TrainingConfig, EncoderShape, *TOKENIZER_CONFIGS.values()]
    settings = {**settings_of(options), **parse_settings(itertools.filterfalse(_sets_corpus, options.set_), classes)}
    names = _tokenizer_settings(options).keys()
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
    own, other = (fields_of(TOKENIZER_CONFIGS[name]) if name else {} for name in (options.tokenizer, target))
    own_settings = {name: settings.pop(name) for name in sorted(names)}
    own_settings = {name: value for name, value in own_settings.items() if name in own or name not in other}
    return tokenizer_config(options.tokenizer, own_settings), settings
