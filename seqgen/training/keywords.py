"""A training request from keywords, as a program types them: `documents="line", d_model=256`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqgen.config import (
    DEFAULT_TOKENIZER,
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    Budget,
    Cell,
    CorpusConfig,
    Device,
    EncoderChoice,
    EncoderShape,
    FieldValue,
    TokenizerConfig,
    TrainingConfig,
    checked_options,
    checked_path,
    fields_of,
    parse_duration,
    parse_settings,
    require_name,
    several,
    tokenizer_config,
)
from seqgen.corpus.given import GivenTexts, Texts
from seqgen.errors import ConfigError, did_you_mean
from seqgen.training.request import TrainingRequest

_BUDGET = ("minutes", "steps", "epochs")
_CHOICES: dict[str, object] = {"cell": Cell, "encoder": EncoderChoice, "device": Device}
_REQUEST = (*_CHOICES, "tokenizer", "target_tokenizer", "attention", "folder", "parent", "save_every")
_SEPARATE = {"valid": "valid_paths", "test": "test_paths"}
_CORPUS = {*fields_of(CorpusConfig), *_SEPARATE} - {"paths", "rules", *_SEPARATE.values()}
_TOKENIZER = {"word_split", *(name for config in TOKENIZER_CONFIGS.values() for name in fields_of(config))}
_SETTINGS = {
    name for config in (*MODEL_CONFIGS.values(), TrainingConfig, EncoderShape) for name in fields_of(config)
} - {"source_vocab_size"}
_ON_COMMAND_LINE = {
    "layers": "n_layer",
    "width": "d_model",
    "lr": "learning_rate",
    "streams": "n_streams",
    "clip": "clip_norm",
    "out": "folder",
    "from_": "parent",
}
"""What options of `seqgen train` are called here. The others have the same name."""


def training_request(texts: Texts, options: Mapping[str, Any]) -> TrainingRequest:
    """What a program asks for: fields of the budget, the corpus, the tokenizer, the model and the training by name.

    `valid` and `test` are texts like `texts` itself, `tokenizer` is a name, "auto" or a configuration, and `parent` is
    a `SavedModel`. An option that is None is as if it were left out, except where None is a value of its field.

    >>> from seqgen.training.keywords import training_request
    >>> request = training_request("story.txt", {"steps": 9, "documents": "line", "d_model": 64})
    >>> request.budget.steps, request.corpus.documents, dict(request.settings)
    (9, 'line', {'d_model': 64})
    >>> training_request("story.txt", {"widht": 64})
    Traceback (most recent call last):
    seqgen.errors.ConfigError: widht is an unknown option of train; did you mean width?

    Raises:
        ConfigError: an unknown option, or a value that is not possible.
        CorpusError: there is no text.
    """
    _require_known(options)
    named = {name: options[name] for name in _REQUEST if options.get(name) is not None}
    for name, choices in _CHOICES.items():
        if name in named:
            require_name(name, named[name], choices)
    if not isinstance(named.get("attention", True), bool):
        raise ConfigError(f"is {named['attention']!r}: it must be true or false", field="attention")
    tokenizer_settings = _parsed(options, _TOKENIZER, [*TOKENIZER_CONFIGS.values()])
    keeps_vocabulary = "tokenizer" not in named and "parent" in named
    if keeps_vocabulary and tokenizer_settings and "target_tokenizer" not in named:
        raise ConfigError(
            f"{min(tokenizer_settings)} cannot be given with parent, whose vocabulary is kept: name a tokenizer too"
        )
    models = [MODEL_CONFIGS[named["cell"]]] if "cell" in named else [*MODEL_CONFIGS.values()]
    request: dict[str, Any] = {
        **named,
        "corpus": _corpus(texts, options),
        "tokenizer": _tokenizer(named.get("tokenizer", DEFAULT_TOKENIZER), tokenizer_settings),
        "settings": _parsed(options, _SETTINGS - _TOKENIZER, [*models, TrainingConfig, EncoderShape]),
        "budget": checked_options(Budget, {name: options.get(name) for name in _BUDGET}),
        "keeps_vocabulary": "tokenizer" not in named,
    }
    if "target_tokenizer" in named:
        request["target_tokenizer"] = _tokenizer(named["target_tokenizer"], {}, field="target_tokenizer")
    if "save_every" in named:
        request["save_every_s"] = parse_duration(request.pop("save_every"), field="save_every")
    if "folder" in named:
        request["folder"] = checked_path(named["folder"], "folder")
    return TrainingRequest(**request)


def _require_known(options: Mapping[str, Any]) -> None:
    known = {*_BUDGET, *_REQUEST, *_CORPUS, *_TOKENIZER, *_SETTINGS}
    for name in options:
        if name in _ON_COMMAND_LINE:
            raise ConfigError(f"{name} is an unknown option of train: it is called {_ON_COMMAND_LINE[name]} here")
        if name not in known:
            near = did_you_mean(name, {*known, *_ON_COMMAND_LINE})
            raise ConfigError(f"{name} is an unknown option of train{near or ': the guide As a library lists them'}")


def _corpus(texts: Texts, options: Mapping[str, Any]) -> CorpusConfig:
    given = GivenTexts.of(texts)
    fields = {name: options[name] for name in _CORPUS - _SEPARATE.keys() if options.get(name) is not None}
    for name in ("include", "exclude", "columns"):
        if name in fields:
            fields[name] = several(fields[name])
    for name, field in _SEPARATE.items():
        if options.get(name) is not None:
            separate = GivenTexts.of(options[name], fewest=0)
            if (separate.field, separate.columns) != (given.field, given.columns):
                raise ConfigError(
                    f"{name} and the training texts differ in kind: give both as texts, documents or pairs"
                )
            fields[field] = separate.paths
    if fields.get("field") is not None:
        fields.setdefault("documents", "record")
    return checked_options(CorpusConfig, {**given.fields(), **fields})


def _tokenizer(
    named: TokenizerConfig | str, settings: Mapping[str, FieldValue], *, field: str = "tokenizer"
) -> TokenizerConfig | None:
    """None if trials are to choose it."""
    if isinstance(named, str) and named in TOKENIZER_CONFIGS:
        return tokenizer_config(named, settings)
    if settings:
        raise ConfigError(f"{min(settings)} cannot be given with this tokenizer: leave it out, or name the tokenizer")
    if isinstance(named, TokenizerConfig):
        return named
    if not isinstance(named, str) or named != "auto":
        raise ConfigError(f"is {named!r}: it must be auto or one of {', '.join(TOKENIZER_CONFIGS)}", field=field)
    return None


def _parsed(options: Mapping[str, Any], names: set[str], classes: list[type[Any]]) -> dict[str, FieldValue]:
    """Those of the options that have these names, checked as if they stood on the command line."""
    texts = [f"{name}={_spelled(value)}" for name, value in options.items() if name in names]
    return parse_settings(texts, classes)


def _spelled(value: object) -> str:
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
