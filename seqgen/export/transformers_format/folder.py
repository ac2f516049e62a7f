"""The files of a folder for transformers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import safetensors.numpy

from seqgen.config import Cell, ExportConfig
from seqgen.export.base import Notes
from seqgen.export.hf_tokenizer import write_tokenizer
from seqgen.export.number_types import in_type
from seqgen.export.transformers_format.architecture import MODELLING_FILE, Architecture
from seqgen.export.transformers_format.readme import notes_of, write_readme
from seqgen.export.transformers_format.recurrent import of_recurrent
from seqgen.export.transformers_format.transformer import of_transformer
from seqgen.run import SavedModel
from seqgen.run.saved_model import Weights
from seqgen.tokenizers import END_OF_TEXT

ARCHITECTURES: dict[Cell, Callable[[Any, Weights], Architecture]] = {
    "rnn": of_recurrent,
    "lstm": of_recurrent,
    "gru": of_recurrent,
    "mingru": of_recurrent,
    "transformer": of_transformer,
}
"""What a model of each cell is in transformers, by its configuration and its weights."""

_SPECIAL_IDS = dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"), END_OF_TEXT)


def write(saved: SavedModel, path: Path, config: ExportConfig) -> Notes:
    """Write the files of a model into an empty folder.

    Raises:
        ConfigError: a weight is too large for the precision.
        TokenizerError: the tokenizers library cannot hold the vocabulary.
    """
    model = saved.record.model
    architecture = ARCHITECTURES[model.cell](model, saved.weights)
    precision = config.precision or "float32"
    weights = {name: in_type(name, array, precision) for name, array in architecture.weights.items()}
    notes = notes_of(saved, architecture)
    write_tokenizer(saved.tokenizer, path)  # first, because it may refuse
    _write_json(path / "config.json", {**architecture.config, **_SPECIAL_IDS, "dtype": precision})
    _write_json(path / "generation_config.json", _generation(saved, architecture))
    (path / "model.safetensors").write_bytes(safetensors.numpy.save(weights, metadata={"format": "pt"}))
    if architecture.modelling_file is not None:
        (path / MODELLING_FILE).write_bytes(architecture.modelling_file.encode())
    (path / "README.md").write_bytes(write_readme(saved, architecture, notes).encode())
    return notes


def _generation(saved: SavedModel, architecture: Architecture) -> dict[str, Any]:
    """How transformers writes unless it is told otherwise: as `seqgen sample` does."""
    return {
        **_SPECIAL_IDS,
        "do_sample": True,
        "temperature": saved.temperature,
        "top_k": 0,  # off: transformers would keep 50 tokens
        "use_cache": architecture.config.get("use_cache", True),
        **({} if saved.has_documents else {"suppress_tokens": [END_OF_TEXT]}),  # a model of one text never ends it
    }


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    path.write_bytes((json.dumps(document, indent=2) + "\n").encode())
