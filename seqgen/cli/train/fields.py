"""The list of every configuration field, which `seqgen train --fields` prints."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

from seqgen.cli.shared.options import Option, declarations, spell
from seqgen.cli.shared.render import print_table
from seqgen.cli.train.options import TrainOptions
from seqgen.config import (
    CORPUS_SETTINGS,
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    CorpusConfig,
    EncoderShape,
    TrainingConfig,
    fields_of,
    is_chosen,
)


def options_of_fields() -> dict[str, str]:
    """Field -> the option that sets it, for fields that have one."""
    return {
        declaration.sets: spell(name, declaration)
        for name, (_, declaration) in declarations(TrainOptions).items()
        if isinstance(declaration, Option) and declaration.sets
    }


def print_fields() -> None:
    """Print every field that `--set` takes, with its default and the models or tokenizers that have it."""
    options = options_of_fields()
    others = [("training", TrainingConfig), ("encoder", EncoderShape)]
    owners = itertools.chain(MODEL_CONFIGS.items(), TOKENIZER_CONFIGS.items(), others)
    rows: dict[str, list[str]] = {}
    for owner, config in owners:
        for name, field in fields_of(config).items():
            if name in ("vocab_size", "source_vocab_size") and owner in MODEL_CONFIGS:
                continue  # the tokenizers decide them
            rows.setdefault(name, [name, options.get(name, ""), _default(field), ""])[3] += f" {owner}"
    of_corpus = fields_of(CorpusConfig)
    rows |= {name: [name, "", _default(of_corpus[name]), " corpus"] for name in CORPUS_SETTINGS}
    print_table(["field", "option", "default", "belongs to"], list(rows.values()), n_left=4)


def _default(field: dataclasses.Field[Any]) -> str:
    return "chosen" if is_chosen(field) else str(field.default).lower()
