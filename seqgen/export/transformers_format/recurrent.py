"""A recurrent model for transformers: its own code, which `trust_remote_code=True` loads."""

from __future__ import annotations

import dataclasses
import re

from seqgen.config import RecurrentConfig
from seqgen.export.transformers_format.architecture import (
    MAX_POSITIONS,
    OWN_CODE,
    Architecture,
    modelling_file,
    ngram_fields,
    own_classes,
)
from seqgen.run.saved_model import Weights

_NAMES = (
    (r"\.(cell\.weight_ih_l0|gates\.weight)$", ".from_input.weight"),
    (r"\.(cell\.bias_ih_l0|gates\.bias)$", ".from_input.bias"),
    (r"\.cell\.weight_hh_l0$", ".from_output.weight"),
    (r"\.cell\.bias_hh_l0$", ".from_output.bias"),
)
"""Ends of the names of a layer's weights in a run, and in the modelling file. No matrix is transposed."""


def of_recurrent(config: RecurrentConfig, weights: Weights) -> Architecture:
    """Any model of recurrent layers.

    >>> from seqgen.export.transformers_format.recurrent import of_recurrent
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> architecture = of_recurrent(saved.record.model, saved.weights)
    >>> architecture.config["d_model"], "layers.0.from_input.weight" in architecture.weights
    (16, True)
    """
    fields = {
        **{name: getattr(config, name) for name in ("vocab_size", "n_layer", "d_model")},
        **({"d_embedding": config.d_embedding} if config.d_embedding else {}),
        **ngram_fields(config),
    }
    classes = own_classes(f"seqgen_{config.cell}")
    facts = {
        **dataclasses.asdict(config),
        "fields": list(fields),
        "model_type": classes["model_type"],
        "layer": f"{config.cell}.py.jinja",
        "width_letter": "E",
    }
    return Architecture(
        config={
            **classes,
            **fields,
            "max_position_embeddings": MAX_POSITIONS,
            "tie_word_embeddings": config.tie_weights,
        },
        weights={_renamed(name): array for name, array in weights.items()},
        notes=(OWN_CODE,),
        modelling_file=modelling_file("recurrent.py.jinja", facts),
    )


def _renamed(name: str) -> str:
    for pattern, ending in _NAMES:
        name = re.sub(pattern, ending, name)
    return name
