"""A linear expert for labels: logistic regression over the n-grams of a source, mixed with a network, in NumPy.

On a few thousand sources, words and short runs of characters tell more than a network has learned of their order. The
mixture is log-linear (Heskes 1998), with one power for the network and one for the expert:

    p(label | source) ∝ p_network(label | source)^a × p_expert(label | source)^b

So it also makes both less sure of themselves where they were too sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.inference.source_ngrams import NgramKinds, SourceRows, rows_of

_BLOCK = 1 << 22
"""Weights that are gathered at once."""
LEAST_PROBABILITY = 1e-30
"""A smaller probability counts as this, so that no label becomes impossible by rounding."""

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class MixingPowers:
    """What the probabilities of the network and those of the expert are raised to before they are multiplied.

    >>> import numpy as np
    >>> MixingPowers(1.0, 0.0).mix(np.array([[0.25, 0.75]]), np.array([[0.9, 0.1]])).round(6).tolist()
    [[0.25, 0.75]]
    """

    network: float
    expert: float

    def mix(self, network: NDArray[Any], expert: NDArray[Any]) -> Probabilities:
        """The probabilities of the mixture. (N, C), (N, C) -> (N, C)"""
        logs = (np.log(np.maximum(p, LEAST_PROBABILITY, dtype=np.float64)) for p in (network, expert))
        return normalised(sum(power * log for power, log in zip((self.network, self.expert), logs, strict=True)))


@final
class LabelExpert:
    """The weights of every n-gram for each of C labels, and how its probabilities are mixed with those of a network.

    Labels are numbered from 0, in the order of the ids of their tokenizer.

    >>> import numpy as np
    >>> from seqgen.inference.source_ngrams import NgramKinds
    >>> table = np.zeros((16, 2), np.float16)
    >>> table[0] = 0.0, 1.0  # without any n-gram, the second label is likelier
    >>> expert = LabelExpert(table, kinds=NgramKinds(), powers=MixingPowers(1.0, 0.5))
    >>> expert.probabilities(["any", ""]).round(3).tolist()
    [[0.269, 0.731], [0.269, 0.731]]
    >>> expert.mix(np.array([[0.5, 0.5]]), ["any"]).round(3).tolist()
    [[0.378, 0.622]]
    """

    def __init__(self, table: NDArray[np.float16], *, kinds: NgramKinds, powers: MixingPowers) -> None:
        self.table = table
        """(R, C); R is a power of two."""
        self.kinds = kinds
        self.powers = powers

    @property
    def n_rows(self) -> int:
        return len(self.table)

    def probabilities(self, sources: Sequence[str]) -> Probabilities:
        """p(label | source) of the expert alone. (N, C)"""
        return normalised(weigh(rows_of(sources, self.kinds, n_rows=self.n_rows), self.table))

    def mix(self, p_network: NDArray[Any], sources: Sequence[str]) -> Probabilities:
        """The probabilities of the mixture, from those of the network for the same sources. (N, C) -> (N, C)"""
        return self.powers.mix(p_network, self.probabilities(sources))


def weigh(found: SourceRows, table: NDArray[Any]) -> NDArray[np.float64]:
    """The sum over the n-grams of each source of value times weights. (N, C)

    >>> import numpy as np
    >>> from seqgen.inference.source_ngrams import NgramKinds, rows_of
    >>> found = rows_of(["", "Al"], NgramKinds(words=0, characters=1), n_rows=4)
    >>> weigh(found, np.ones((4, 2))).shape
    (2, 2)
    """
    n_sources, n_labels = len(found.starts) - 1, table.shape[1]
    sums = np.zeros((n_sources, n_labels))
    first = 0
    while first < n_sources:
        begin = found.starts[first]
        after = int(np.searchsorted(found.starts, begin + max(1, _BLOCK // n_labels), side="right")) - 1
        end = min(n_sources, max(first + 1, after))
        piece = slice(begin, found.starts[end])
        weighted = table[found.rows[piece]].astype(np.float32) * found.values[piece, None]  # (M, C)
        sums[first:end] = np.add.reduceat(weighted, found.starts[first:end] - begin, axis=0, dtype=np.float64)
        first = end
    return sums


def normalised(logits: NDArray[np.float64]) -> Probabilities:
    """Probabilities from logits, which are changed. (N, C) -> (N, C)

    >>> import numpy as np
    >>> normalised(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits
