"""The smallest real things to test with: a text, a model of every cell, a trained run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seqgen.config import (
    TOKENIZER_CONFIGS,
    Budget,
    Cell,
    CharConfig,
    CorpusConfig,
    FieldValue,
    GruConfig,
    LstmConfig,
    ModelConfig,
    RnnConfig,
    TokenizerConfig,
    TokenizerName,
    TransformerConfig,
)
from seqgen.run import METRICS_FILE
from seqgen.tokenizers import TOKENIZERS
from seqgen.training import Session, TrainingRequest

STORIES = Path(__file__).parent.parent / "corpora" / "stories.txt"
TEXT = STORIES.read_text(encoding="utf-8")[:6000]

_SHAPE: dict[str, FieldValue] = {"d_model": 16, "n_streams": 4, "window": 16, "precision": "float32"}
SETTINGS: dict[Cell, dict[str, FieldValue]] = {
    "rnn": _SHAPE,
    "lstm": _SHAPE,
    "gru": _SHAPE,
    "transformer": {**_SHAPE, "n_layer": 2, "d_head": 8, "memory": 24},
}
"""Shapes so small that a step takes a few milliseconds, and one number type whatever the machine is fast with."""

LOSSLESS: dict[TokenizerName, TokenizerConfig] = {
    name: TOKENIZER_CONFIGS[name]() for name, tokenizer in TOKENIZERS.items() if tokenizer.is_lossless
}
"""The tokenizers under which every text comes back unchanged, and any text of known characters has ids."""

V = 11
_COMMON: dict[str, Any] = {"vocab_size": V, "n_layer": 2, "d_model": 12, "dropout": 0.2}
_RECURRENT: dict[str, Any] = {**_COMMON, "input_dropout": 0.2}
MODEL_CONFIGS: dict[str, ModelConfig] = {
    "rnn": RnnConfig(d_embedding=5, **_RECURRENT),
    "rnn-identity": RnnConfig(d_embedding=None, nonlinearity="relu", recurrent_init="identity", **_RECURRENT),
    "lstm": LstmConfig(d_embedding=5, **_RECURRENT),
    "lstm-one-hot": LstmConfig(d_embedding=None, **_RECURRENT),
    "lstm-tied": LstmConfig(d_embedding=12, tie_weights=True, **_RECURRENT),
    "gru": GruConfig(d_embedding=5, **_RECURRENT),
    "transformer": TransformerConfig(n_head=2, d_head=6, d_feedforward=20, memory=9, **_COMMON),
    "transformer-tied": TransformerConfig(n_head=1, d_head=4, d_feedforward=20, memory=1, tie_weights=True, **_COMMON),
}
"""Every cell, and every variant of one that changes its shape."""


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
