"""The smallest real things to test with: a text, a model of every cell, a trained run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

from seqgen.config import MODEL_CONFIGS as CONFIG_CLASSES
from seqgen.config import (
    TOKENIZER_CONFIGS,
    Budget,
    Cell,
    CharConfig,
    CorpusConfig,
    Direction,
    EncoderConfig,
    FieldValue,
    ModelConfig,
    RecurrentConfig,
    TokenizerConfig,
    TokenizerName,
    TrainingConfig,
    fields_of,
)
from seqgen.run import METRICS_FILE
from seqgen.tokenizers import TOKENIZERS
from seqgen.training import Session, TrainingRequest
from seqgen.training.planning.problem import CorpusFacts, Problem
from seqgen.training.planning.recipes import RECIPES
from seqgen.training.planning.resolve import resolve

STORIES = Path(__file__).parent.parent / "corpora" / "stories.txt"
TEXT = STORIES.read_text(encoding="utf-8")[:6000]
READABLE = STORIES.read_text(encoding="utf-8")[:20000]


def _fields_of_cell(cell: Cell, values: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """Those of the values that are fields of the cell or of its training."""
    fields = {*fields_of(CONFIG_CLASSES[cell]), *fields_of(TrainingConfig)}
    return {name: value for name, value in values.items() if name in fields}


_RUN: dict[str, FieldValue] = {
    "d_model": 16,
    "d_head": 8,
    "memory": 24,
    "ngram_order": None,
    "n_streams": 4,
    "window": 16,
    "precision": "float32",
}
SETTINGS: dict[Cell, dict[str, FieldValue]] = {
    cell: {**({"n_layer": 2} if RECIPES[cell].n_layer > 2 else {}), **_fields_of_cell(cell, _RUN)}
    for cell in get_args(Cell)
}
"""Shapes so small that a step takes a few milliseconds, and one number type whatever the machine is fast with."""

LEGIBLE: dict[str, Any] = {"budget": Budget(steps=120), "settings": {"d_model": 64, "n_streams": 16, "window": 32}}
"""Options of `start` for a model of `READABLE` that writes some words; its training takes two or three seconds."""

LOSSLESS: dict[TokenizerName, TokenizerConfig] = {
    name: TOKENIZER_CONFIGS[name]() for name, tokenizer in TOKENIZERS.items() if tokenizer.is_lossless
}
"""The tokenizers under which every text comes back unchanged, and any text of known characters has ids."""

V = 11
NGRAMS: dict[str, FieldValue] = {"ngram_order": 4, "ngram_rows": 50, "ngram_width": 3}
_MODEL: dict[str, FieldValue] = {
    "n_layer": 2,
    "d_model": 12,
    "d_embedding": 5,
    "n_head": 2,
    "d_head": 6,
    "d_feedforward": 20,
    "memory": 9,
    "dropout": 0.2,
    "input_dropout": 0.2,
    "ngram_order": None,
}


def _model_config(cell: Cell, **changes: FieldValue) -> ModelConfig:
    corpus = CorpusFacts(vocab_size=V, n_train=5000, n_valid=500)
    settings = {**_fields_of_cell(cell, _MODEL), **changes}
    return resolve(cell, Problem(settings=settings, corpus=corpus, budget=Budget(steps=1))).model


MODEL_CONFIGS: dict[str, ModelConfig] = {
    **{cell: _model_config(cell) for cell in get_args(Cell)},
    **{
        f"{cell}-one-hot": _model_config(cell, d_embedding=None)
        for cell, config in CONFIG_CLASSES.items()
        if issubclass(config, RecurrentConfig)
    },
    "rnn-identity": _model_config("rnn", d_embedding=None, nonlinearity="relu", recurrent_init="identity"),
    "lstm-tied": _model_config("lstm", d_embedding=12, tie_weights=True),
    **{f"{cell}-ngrams": _model_config(cell, **NGRAMS) for cell in get_args(Cell)},
    "transformer-tied": _model_config("transformer", n_head=1, d_head=4, memory=1, tie_weights=True),
}
"""Every cell, and every variant of one that changes its shape. A name begins with the name of its cell."""


SOURCE_V = 13


def encoder_config(direction: Direction = "bidirectional", *, attention: bool = True) -> EncoderConfig:
    """An encoder of another width than the decoders."""
    shape = {"n_layer": 2, "d_model": 10}
    return EncoderConfig(vocab_size=SOURCE_V, dropout=0.2, direction=direction, attention=attention, **shape)


PAIR_CONFIGS: dict[str, tuple[ModelConfig, EncoderConfig]] = {
    **{
        f"{cell}-{direction}{'-attention' if attention else ''}": (
            MODEL_CONFIGS[cell],
            encoder_config(direction, attention=attention),
        )
        for cell in get_args(Cell)
        for direction in get_args(Direction)
        for attention in (False, True)
    },
    **{
        f"{name}-bidirectional-attention": (MODEL_CONFIGS[name], encoder_config())
        for name in (
            "gru-one-hot",
            "rnn-identity",
            "lstm-tied",
            "lstm-ngrams",
            "transformer-ngrams",
            "transformer-tied",
        )
    },
}
"""Every cell with every kind of encoder, and variants of decoders with the richest one."""


def start(
    folder: Path,
    *,
    text: str = TEXT,
    cell: Cell = "lstm",
    tokenizer: TokenizerConfig | None = None,
    budget: Budget | None = None,
    settings: dict[str, FieldValue] | None = None,
    **corpus: Any,
) -> Session:
    """A session over a text that is written beside its run folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.parent / f"{folder.name}.txt"
    path.write_bytes(text.encode())
    request = TrainingRequest(
        corpus=CorpusConfig(paths=(str(path),), **corpus),
        cell=cell,
        tokenizer=tokenizer or CharConfig(),
        settings={**SETTINGS[cell], **(settings or {})},
        budget=budget or Budget(steps=3),
        device="cpu",
        folder=folder,
    )
    return Session.start(request)


def metrics_lines(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's `metrics.jsonl`, as they stand in the file."""
    return [json.loads(line) for line in (folder / METRICS_FILE).read_text(encoding="utf-8").splitlines()]


def trained(folder: Path, **options: Any) -> Path:
    """The folder of a run that `start` describes, trained to its end."""
    for _ in start(folder, **options).reports():
        pass
    return folder
