"""A model of pairs that begins with the weights of a language model: its decoder, its encoder, or both.

The language model has to have the cell and the shape of the part that begins with it, and its vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.run.saved_model import Weights

_EMBEDDING = "embedding.weight"
_OF_DECODERS = ("head.", "ngrams.")
"""What only a decoder has."""


def begin_decoder(fresh: Weights, language_model: Weights) -> Weights:
    """The weights `fresh` of a new model of pairs, with those of a language model in the decoder.

    Raises:
        ConfigError: a weight of the language model does not fit.

    >>> import numpy as np
    >>> from seqgen.training.language_model import begin_decoder
    >>> fresh = {"head.bias": np.zeros(2), "bridge.bias": np.zeros(2)}
    >>> begin_decoder(fresh, {"head.bias": np.ones(2)})
    {'head.bias': array([1., 1.]), 'bridge.bias': array([0., 0.])}
    """
    return _replaced(fresh, {name: (name, array) for name, array in language_model.items()})


def begin_encoder(fresh: Weights, language_model: Weights) -> Weights:
    """The weights `fresh` of a new model of pairs, with those of a language model in the encoder.

    Layers that read from the end of a source stay fresh. What stands for everything that the vocabulary does not cover
    begins as the mean of the other embeddings.

    Raises:
        ConfigError: a weight of the language model does not fit.

    >>> import numpy as np
    >>> from seqgen.training.language_model import begin_encoder
    >>> fresh = {"head.bias": np.zeros(2), "encoder.embedding.weight": np.zeros((3, 1))}
    >>> begin_encoder(fresh, {"head.bias": np.ones(2), "embedding.weight": np.array([[2.0], [4.0]])})
    {'head.bias': array([0., 0.]), 'encoder.embedding.weight': array([[2.],
           [4.],
           [3.]])}
    """
    weights = {name: array for name, array in language_model.items() if not name.startswith(_OF_DECODERS)}
    if _EMBEDDING in weights:
        weights[_EMBEDDING] = _with_unknown(weights[_EMBEDDING])
    return _replaced(fresh, {_in_encoder(name): (name, array) for name, array in weights.items()})


def begin_joined(fresh: Weights, language_model: Weights, *, n_targets: int, reads: bool, writes: bool) -> Weights:
    """The weights `fresh` of a new decoder that reads the sources too, with those of a language model.

    Args:
        n_targets: how many tokens the vocabulary of the targets has.
        reads: whether the vocabulary of the sources is the language model's. Otherwise their embeddings stay fresh.
        writes: the same for targets, and for the output layer.

    Raises:
        ConfigError: a weight of the language model does not fit.

    >>> import numpy as np
    >>> from seqgen.training.language_model import begin_joined
    >>> fresh = {"embedding.weight": np.zeros((5, 1)), "head.bias": np.zeros(2)}
    >>> given = {"embedding.weight": np.array([[2.0], [4.0]]), "head.bias": np.ones(2)}
    >>> begin_joined(fresh, given, n_targets=2, reads=True, writes=False)["embedding.weight"].ravel()
    array([0., 0., 2., 4., 3.])
    """
    weights = {name: array for name, array in language_model.items() if writes or not name.startswith(_OF_DECODERS)}
    if _EMBEDDING in weights:
        rows, given = fresh[_EMBEDDING].copy(), weights[_EMBEDDING]
        if writes:
            rows[:n_targets] = given
        if reads:
            rows[n_targets:] = _with_unknown(given)
        weights[_EMBEDDING] = rows
    return _replaced(fresh, {name: (name, array) for name, array in weights.items()})


def _with_unknown(rows: NDArray[Any]) -> NDArray[Any]:
    """Embeddings, and their mean as the last one, which stands for everything that the vocabulary does not cover."""
    return np.concatenate([rows, rows.mean(axis=0, keepdims=True)])


def _in_encoder(name: str) -> str:
    """The name that a decoder's weight has in an encoder: layers.0.x becomes encoder.layers.0.ahead.x."""
    part, _, rest = name.partition(".")
    if part != "layers":
        return f"encoder.{name}"
    number, _, of_layer = rest.partition(".")
    return f"encoder.layers.{number}.ahead.{of_layer}"


def _replaced(fresh: Weights, new: Mapping[str, tuple[str, NDArray[Any]]]) -> Weights:
    """`fresh` with other arrays. Each comes with the name that it has in the language model."""
    for name, (given_name, array) in new.items():
        expected = fresh[name].shape if name in fresh else "nothing"
        if array.shape != expected:
            raise ConfigError(
                f"{given_name} of the language model is {array.shape}, and {name} of the new model is {expected}: they "
                "must be the same; choose the cell, the vocabulary and the shape of the language model"
            )
    return {name: new[name][1].astype(array.dtype) if name in new else array for name, array in fresh.items()}
