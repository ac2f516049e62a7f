"""The smallest real pairs to train on, and runs of them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from seqgen.config import MODEL_CONFIGS as CONFIG_CLASSES
from seqgen.config import Budget, Cell, CharConfig, CorpusConfig, EncoderChoice, FieldValue, TrainingConfig, fields_of
from seqgen.training import Session, TrainingRequest

_SETTINGS: dict[str, FieldValue] = {
    "n_layer": 1,
    "d_model": 16,
    "d_head": 8,
    "n_streams": 8,
    "precision": "float32",
}


def reversed_words(n: int = 40) -> str:
    """Lines of a word of up to five letters, a tab, and the same word from its end."""
    draw = random.Random(0)
    words = ["".join(draw.choices("abcd", k=draw.randint(1, 5))) for _ in range(n)]
    return "".join(f"{word}\t{word[::-1]}\n" for word in words)


def labelled_words(n: int = 60) -> str:
    """Lines of a word, a tab, and whether there is an `a` in the word."""
    words = [line.partition("\t")[0] for line in reversed_words(n).splitlines()]
    return "".join(f"{word}\t{'yes' if 'a' in word else 'no'}\n" for word in words)


KINDS = {"text": reversed_words(), "label": labelled_words()}
"""Pairs by what their targets are."""


def settings_of(cell: Cell, **settings: FieldValue) -> dict[str, FieldValue]:
    """Those of the tiny settings that a cell has, and others."""
    known = {*fields_of(CONFIG_CLASSES[cell]), *fields_of(TrainingConfig)}
    return {**{name: value for name, value in _SETTINGS.items() if name in known}, **settings}


def request(
    folder: Path,
    *,
    text: str = KINDS["text"],
    cell: Cell = "lstm",
    encoder: EncoderChoice | None = None,
    attention: bool | None = None,
    budget: Budget | None = None,
    settings: dict[str, FieldValue] | None = None,
    **corpus: Any,
) -> TrainingRequest:
    """The request for a run of pairs, which are written beside its folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.parent / f"{folder.name}.tsv"
    path.write_bytes(text.encode())
    return TrainingRequest(
        corpus=CorpusConfig(paths=(str(path),), pairs=True, **corpus),
        cell=cell,
        tokenizer=CharConfig(),
        encoder=encoder,
        attention=attention,
        settings=settings_of(cell, **(settings or {})),
        budget=budget or Budget(steps=3),
        device="cpu",
        folder=folder,
    )


def start(folder: Path, **options: Any) -> Session:
    """A session over pairs that `request` describes."""
    return Session.start(request(folder, **options))


def trained(folder: Path, **options: Any) -> Path:
    """The folder of a run that `request` describes, trained to its end."""
    for _ in start(folder, **options).reports():
        pass
    return folder
