"""The contract of every stepper: a decoder in NumPy that reads one id of each stream at a time.

The letters in shapes are those of `seqgen.models.base`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import UnitName

Array = NDArray[Any]
State = tuple[Array, ...]
"""The same arrays in the same order as in `seqgen.models.State`, B first."""


Shapes = dict[str, tuple[int, ...]]
"""The shapes of weights by name."""
Product = Callable[..., Array]
"""What multiplies rows by a matrix, as `np.matmul(rows, matrix, out=...)` does."""


class Stepper(ABC):
    """One model over B streams that advance together. A new stepper is at the beginning of its streams.

    >>> import numpy as np
    >>> from seqgen.inference import build_stepper
    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> stepper = build_stepper(saved.record.model, saved.weights, n_streams=1)
    >>> logits = stepper.read([7, 2, 9]).copy()
    >>> three = stepper.fork(3)  # all of them have read 7, 2, 9
    >>> three.step(np.array([0, 1, 2])).shape[0]
    3
    """

    @abstractmethod
    def step(self, ids: Array) -> Array:
        """Read one id of each stream, (B,) integers, and return the logits of the next ids, (B, V).

        The array belongs to the stepper, and the next step overwrites it: copy what you keep.
        """

    @abstractmethod
    def read(self, ids: Sequence[int]) -> Array:
        """Read one or more ids with a stepper of one stream. Returns the logits of the next id, (1, V), like `step`."""

    @property
    @abstractmethod
    def reach(self) -> int | None:
        """How many of the latest ids logits depend on; None if on all of them."""

    @abstractmethod
    def start(self, ids: Array, lengths: Array) -> None:
        """Let the streams begin anew, each after a source. Without an encoder, the decoder itself reads the sources.

        `ids` holds the sources, (B, S) integers, padded at the end to the longest of them; `lengths` says how many ids
        each source has, (B,). From now on there are B streams.

        >>> import numpy as np
        >>> from seqgen.config import EncoderConfig, GruConfig
        >>> from seqgen.inference import build_stepper, weight_shapes
        >>> config = GruConfig(vocab_size=9, n_layer=1, d_model=8, d_embedding=4, dropout=0.0, input_dropout=0.0)
        >>> encoder = EncoderConfig(vocab_size=7, n_layer=1, d_model=6, dropout=0.0)
        >>> weights = {name: np.zeros(shape) for name, shape in weight_shapes(config, encoder).items()}
        >>> stepper = build_stepper(config, weights, n_streams=1, encoder=encoder)
        >>> stepper.start(np.array([[3, 1, 4, 0], [2, 0, 0, 0]]), np.array([4, 2]))
        >>> stepper.step(np.array([0, 0])).shape
        (2, 9)
        >>> stepper.source_attention.tolist()
        [[0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.0, 0.0]]
        """

    @property
    @abstractmethod
    def source_attention(self) -> Array | None:
        """The weights with which the latest step attended to each position of the sources, (B, S), padding included.

        For a Transformer, the mean over the heads of its last block. None before the first step after `start`, `fork`,
        `select`, `hold` or `set_state`, and always if the model does not attend to sources.
        """

    @abstractmethod
    def select(self, rows: Array) -> None:
        """Let each stream continue as the stream with this number. Their number becomes that of the rows, (B,).

        >>> import numpy as np
        >>> from seqgen.inference import build_stepper
        >>> from seqgen.run import open_model
        >>> saved = open_model("checkpoints/story")
        >>> stepper = build_stepper(saved.record.model, saved.weights, n_streams=2)
        >>> logits = stepper.step(np.array([3, 5]))
        >>> stepper.select(np.array([1, 1, 0]))  # they have read 5, 5 and 3
        >>> logits = stepper.step(np.array([7, 7, 7]))
        >>> bool((logits[0] == logits[1]).all()), bool((logits[0] == logits[2]).all())
        (True, False)
        """

    @abstractmethod
    def fork(self, n_streams: int) -> Stepper:
        """A new stepper of `n_streams` streams that all have read what this stepper of one stream has read.

        The two share their weights, and nothing else.
        """

    @abstractmethod
    def hold(self, units: Mapping[UnitName, float]) -> None:
        """Set these units to these values after every step from now on, and no others. The model must have them.

        Forks hold them as well. Between `start` and the first step, the units have the values that the source gave.

        >>> import numpy as np
        >>> from seqgen.config import UnitName
        >>> from seqgen.inference import build_stepper
        >>> from seqgen.run import open_model
        >>> saved = open_model("checkpoints/story")
        >>> stepper = build_stepper(saved.record.model, saved.weights, n_streams=1)
        >>> stepper.hold({UnitName(0, 3): 0.5})
        >>> logits = stepper.step(np.array([7]))
        >>> float(stepper.state()[0][0, 3])
        0.5
        """

    @abstractmethod
    def state(self) -> State:
        """A copy of what the streams carry."""

    @abstractmethod
    def set_state(self, state: State) -> None:
        """Continue from a state that `state()` or a torch module returned for the same number of streams."""


def padded_before(ids: Array, lengths: Array) -> tuple[Array, Array]:
    """Sources that end together: the same ids with the padding before them, and where each of them begins.

    >>> import numpy as np
    >>> from seqgen.inference.base import padded_before
    >>> ids, begins = padded_before(np.array([[3, 1, 4], [2, 0, 0]]), np.array([3, 1]))
    >>> ids.tolist(), begins.tolist()
    ([[3, 1, 4], [2, 2, 2]], [0, 2])
    """
    n_time = int(lengths.max())
    begins = n_time - lengths
    places = np.maximum(np.arange(n_time) - begins[:, None], 0)
    return np.take_along_axis(ids, places, axis=1), begins


def layer_weights(weights: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The weights whose names begin with a prefix, by the rest of their names.

    >>> import numpy as np
    >>> list(layer_weights({"layers.0.gates.bias": np.zeros(2), "head.bias": np.zeros(3)}, prefix="layers.0."))
    ['gates.bias']
    """
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
