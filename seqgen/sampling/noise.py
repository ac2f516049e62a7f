"""Chance: the noise that each text gets from its seed, and the token that logits and noise select together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.sampling.filters import Logits

_N_AHEAD = 4096
"""Random numbers that a text makes at a time. A few large calls are faster than many small ones."""

BYTES_OF_NOISE = 8 * _N_AHEAD
"""What they take, at least."""

LARGEST_TEMPERATURE = 1e300
"""Higher temperatures are treated as this one. The noise then decides alone, and its product with the temperature,
at most 700 times as large, does not overflow."""


def sample_tokens(logits: Logits, temperature: float, *, noise: NDArray[np.float64]) -> NDArray[np.int64]:
    """Sample a token for each row from softmax(logits / temperature). Temperature 0 takes the likeliest, lowest id.

    `noise`, (..., V), holds independent standard Gumbel variates. Added at the scale of the temperature, they make each
    token's sum the largest with exactly its probability (the Gumbel-max trick, Maddison et al. 2014). This needs no
    softmax. If every token of a row is removed, the row gives id 0.

    >>> import numpy as np
    >>> from seqgen.sampling.noise import sample_tokens
    >>> sample_tokens(np.array([[0.0, 2.0, 1.0]]), 0.0, noise=np.zeros((1, 3)))
    array([1])
    """
    scores = logits if temperature == 0 else min(temperature, LARGEST_TEMPERATURE) * noise + logits
    ids: NDArray[np.int64] = scores.argmax(axis=-1)
    return ids


@final
class GumbelNoise:
    """Standard Gumbel noise for B texts. Each text has its own random generator, made from the seed and its number.

    So a text does not depend on how many others are written beside it.

    >>> from seqgen.sampling.noise import GumbelNoise
    >>> three_texts = GumbelNoise(seed=0, numbers=range(3), vocab_size=5)
    >>> second_text = GumbelNoise(seed=0, numbers=[1], vocab_size=5)
    >>> bool((three_texts.next()[1] == second_text.next()[0]).all())
    True
    """

    def __init__(self, seed: int, numbers: Iterable[int], *, vocab_size: int) -> None:
        self._rngs = [np.random.default_rng([seed, number]) for number in numbers]
        n_ahead = max(1, _N_AHEAD // vocab_size)
        self._ahead = np.empty((len(self._rngs), n_ahead, vocab_size))
        self._n_used = n_ahead

    def next(self) -> NDArray[np.float64]:
        """New noise for all texts, (B, V). The array is a view that a later call overwrites."""
        if self._n_used == self._ahead.shape[1]:
            for rng, block in zip(self._rngs, self._ahead, strict=True):
                _fill(block, rng)
            self._n_used = 0
        self._n_used += 1
        return self._ahead[:, self._n_used - 1]

    def next_for(self, text: int) -> NDArray[np.float64]:
        """New noise for one text alone, (V,)."""
        noise = np.empty(self._ahead.shape[2])
        _fill(noise, self._rngs[text])
        return noise

    def select(self, texts: Sequence[int]) -> None:
        """Continue with the texts of these numbers alone, in this order."""
        self._rngs = [self._rngs[text] for text in texts]
        self._ahead = self._ahead[list(texts)]


def _fill(block: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Fill an array with Gumbel variates: minus the logarithms of standard exponential ones."""
    rng.standard_exponential(out=block)
    block += 1e-300  # an exponential of exactly 0 is possible, if hardly likely, and has no logarithm
    np.log(block, out=block)
    np.negative(block, out=block)
