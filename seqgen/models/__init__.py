"""Decoders and encoders as torch modules over whole windows. `seqgen.inference` has the same decoders step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.config import Cell, EncoderConfig, ModelConfig
from seqgen.models import gru, lstm, mingru, rnn, transformer
from seqgen.models.base import Decoder, Encoder, Matrix, State, Trace, count_parameters, detach
from seqgen.models.inside import Inside
from seqgen.models.precision import matmul_precision

__all__ = [
    "DECODERS",
    "Decoder",
    "Encoder",
    "Inside",
    "Matrix",
    "State",
    "Trace",
    "build_model",
    "count_parameters",
    "detach",
    "load_weights",
    "matmul_precision",
    "read_weights",
]

DECODERS: dict[Cell, Callable[[Any, EncoderConfig | None], Decoder]] = {
    "rnn": rnn.build,
    "lstm": lstm.build,
    "gru": gru.build,
    "mingru": mingru.build,
    "transformer": transformer.build,
}
"""What builds the decoder of each cell from a config of its class, and its encoder if it is to have one."""


def build_model(config: ModelConfig, encoder: EncoderConfig | None = None) -> Decoder:
    """A decoder with new weights, drawn from torch's global random state, and with an encoder if there is one for it.

    >>> from seqgen.config import LstmConfig
    >>> from seqgen.models import build_model, count_parameters
    >>> config = LstmConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> count_parameters(build_model(config))
    565
    """
    return DECODERS[config.cell](config, encoder)


def read_weights(model: Decoder) -> dict[str, NDArray[Any]]:
    """Copies of a model's weights by name. A weight that is used twice appears once, under its first name.

    >>> from seqgen.config import RnnConfig
    >>> from seqgen.models import build_model, read_weights
    >>> config = RnnConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
    >>> weights = read_weights(build_model(config))
    >>> weights["embedding.weight"].shape, weights["head.weight"].shape
    ((9, 4), (9, 8))
    """
    return {name: value.detach().cpu().numpy().copy() for name, value in model.named_parameters()}


def load_weights(model: Decoder, weights: Mapping[str, NDArray[Any]]) -> None:
    """Copy weights into a model.

    Raises:
        KeyError: a weight is missing.
        RuntimeError: a weight has the wrong shape.

    >>> import torch
    >>> from seqgen.models import build_model, load_weights
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> model = build_model(saved.record.model)
    >>> load_weights(model, saved.weights)
    >>> bool((model.head.weight == torch.from_numpy(saved.weights["head.weight"])).all())
    True
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(weights[name])))
