"""Alignment: which tokens of the source a model attended to while it wrote each token of a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.inference import one_thread
from seqgen.run import SavedModel
from seqgen.sampling.prediction.predictor import Prediction
from seqgen.sampling.prefill import cpu_stepper
from seqgen.sampling.sources import begin_targets, source_reader
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

_UNKNOWN = "\ufffd"


@dataclass(frozen=True, eq=False)
class Alignment:
    """The weights of T tokens of a target over S tokens of its source.

    >>> Alignment(("a", ""), ("b",), np.array([[0.75, 0.25]])).weights.shape
    (1, 2)
    """

    source: tuple[str, ...]
    """The tokens as text. The end-of-text token is an empty text, and the unknown token is U+FFFD."""
    target: tuple[str, ...]
    weights: NDArray[np.float64]
    """Each row sums to 1. (T, S)"""


def align(model: SavedModel, source: str, prediction: Prediction) -> Alignment:
    """Where a model looks in a source while it writes a target.

    For a Transformer, the weights are the mean over the heads of its last block.

    Raises:
        ConfigError: the model learned from a text, or it has no attention to sources.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import predict_texts
    >>> model = open_model("runs/reversed")
    >>> [[prediction]] = predict_texts(model, ["abc"])
    >>> align(model, "abc", prediction).source
    ('a', 'b', 'c', '')
    """
    ids = source_reader(model).read([source])[0]
    assert model.source_tokenizer is not None
    encoder = model.record.encoder
    if encoder is None or not encoder.attention:
        raise ConfigError(
            f"{model.name} has no attention to its sources: train one with an encoder and with --attention"
        )
    target = [*prediction.ids, *([] if model.tokenizer.is_of_labels else [END_OF_TEXT])]
    with one_thread():
        stepper, _ = begin_targets(cpu_stepper(model), [ids])
        rows = []
        for number, token in enumerate(target):
            assert stepper.source_attention is not None
            rows.append(stepper.source_attention[0].astype(np.float64))
            if number < len(target) - 1:
                stepper.step(np.array([token]))
    return Alignment(
        source=_texts(ids.tolist(), model.source_tokenizer),
        target=_texts(target, model.tokenizer),
        weights=np.array(rows).reshape(len(target), len(ids)),
    )


def _texts(ids: Sequence[int], tokenizer: Tokenizer) -> tuple[str, ...]:
    """Each token as text."""
    texts, previous = [], END_OF_TEXT
    for token in ids:
        if token == tokenizer.vocab_size:
            texts.append(_UNKNOWN)
            continue
        data = b"" if token == END_OF_TEXT else tokenizer.token_bytes(token, previous)
        texts.append(data.decode(errors="replace"))
        previous = token
    return tuple(texts)
