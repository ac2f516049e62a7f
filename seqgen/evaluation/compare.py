"""Which of two models predicts a text better, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.score import Score
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

_LEAST_BYTES = 500  # of a block: what neighbours have in common is over by then
_MOST_BLOCKS = 200
_FEWEST_BLOCKS = 20  # of which an interval can be made
LEAST_TEXT = _FEWEST_BLOCKS * _LEAST_BYTES
"""Bytes of a text on which two models can be compared."""
_N_RESAMPLED = 10_000
_CONFIDENCE = 0.95


@final
class Blocks:
    """Nats of the parts of a text, equal in bytes, as an observer of its scoring: the same parts for any tokenizer.

    A token is paid for where it ends. Out-of-vocabulary characters, whose places the ids do not tell, are paid for everywhere
    alike.
    """

    def __init__(self, tokenizer: Tokenizer, n_bytes: int) -> None:
        kinds, lists = tokenizer.piece_tables
        self._kinds = kinds
        self._lengths = np.array([[len(piece) for piece in pieces] for pieces in lists])  # (n_kinds, V)
        self._n_bytes = n_bytes
        self._previous = END_OF_TEXT
        self._n_read = 0
        self.nats = np.zeros(min(_MOST_BLOCKS, max(1, n_bytes // _LEAST_BYTES)))

    def take(self, ids: NDArray[Any], nats: NDArray[np.float64]) -> None:
        before = np.concatenate(([self._previous], ids[:-1]))
        ends = self._n_read + np.cumsum(self._lengths[self._kinds[before], ids])
        places = np.minimum(np.maximum(ends - 1, 0) * len(self.nats) // self._n_bytes, len(self.nats) - 1)
        self.nats += np.bincount(places, weights=nats, minlength=len(self.nats))
        self._previous, self._n_read = int(ids[-1]), int(ends[-1])


@dataclass(frozen=True)
class Difference:
    """Bits per byte that the first of two models needs more than the second; half the width of a 95 % interval."""

    bits_per_byte: float
    plus_minus: float

    @property
    def is_certain(self) -> bool:
        return abs(self.bits_per_byte) > self.plus_minus

    def describe(self, first: str, second: str) -> str:
        """In words."""
        if not self.is_certain:
            return (
                f"{first} and {second} cannot be told apart on this text "
                f"({abs(self.bits_per_byte):.3f} ± {self.plus_minus:.3f} bits per byte)"
            )
        better, other = (first, second) if self.bits_per_byte < 0 else (second, first)
        return f"{better} is better than {other} by {abs(self.bits_per_byte):.3f} ± {self.plus_minus:.3f} bits per byte"


def compare(first: tuple[Score, Blocks], second: tuple[Score, Blocks]) -> Difference | None:
    """A paired bootstrap over the blocks of one text (Efron 1979; Koehn 2004 for pairs); None of a text too short.

    Also None where bits per byte mean nothing, because ids do not stand for the text in full.
    """
    (one, one_blocks), (other, other_blocks) = first, second
    if not (one.is_lossless and other.is_lossless) or len(one_blocks.nats) < _FEWEST_BLOCKS:
        return None
    differences = _bits_of_blocks(one, one_blocks) - _bits_of_blocks(other, other_blocks)
    return Difference(float(differences.sum()), _half_width(differences))


def uncertainty(score: Score, blocks: Blocks) -> float | None:
    """Half the width of the 95 % interval of a score's bits per byte, by the same bootstrap; None where there is none.

    It is that of other texts of the kind; the interval of a difference of two models on one text is far narrower.
    """
    if not score.is_lossless or len(blocks.nats) < _FEWEST_BLOCKS:
        return None
    return _half_width(_bits_of_blocks(score, blocks))


def _bits_of_blocks(score: Score, blocks: Blocks) -> NDArray[np.float64]:
    """Of each block, as a share of the bits per byte of the whole; out-of-vocabulary characters cost all blocks alike."""
    unseen = score.nats - score.nats_without_oov
    shares: NDArray[np.float64] = (blocks.nats + unseen / len(blocks.nats)) / (score.bytes * np.log(2))
    return shares


def _half_width(values: NDArray[np.float64]) -> float:
    """Of the interval in which the sum of the values lies when they are drawn anew."""
    n_values = len(values)
    weights = np.random.default_rng(0).multinomial(n_values, np.full(n_values, 1 / n_values), size=_N_RESAMPLED)
    low, high = np.quantile(weights @ values, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return float(high - low) / 2
