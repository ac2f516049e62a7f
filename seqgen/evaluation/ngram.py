"""An n-gram model of token ids with Kneser-Ney smoothing: the classic baseline that a neural model has to beat.

An n-gram model counts how often each token followed the n-1 tokens before it. Most n-grams of a new text were never
counted, so the counts have to be smoothed. Interpolated modified Kneser-Ney (Chen & Goodman 1998, section 3.3) is the
best of the classic methods. Write h for the context, w for the token, h' for the context without its first token, and
c for a count:

    p(w | h) = (c(h w) - D(c(h w)) + R(h) * p(w | h')) / c(h)

    D(c)     the discount: what is taken off a count of 1, of 2, and of 3 or more; three numbers for each order
    R(h)     the sum of all discounts after h: the probability mass that goes to the shorter context
    c(h)     the sum of c(h w) over all w; if it is 0, p(w | h) = p(w | h')

Orders below the highest do not count how often an n-gram occurs, but in how many different contexts (after how many
different tokens). "Francisco" may be frequent, but it follows only "San", so it is unlikely in a new context. Below the
unigram there is the uniform distribution 1/V.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import require_whole
from seqgen.inference import ContextTable, extend_hash, key_of
from seqgen.tokenizers import END_OF_TEXT

MOST_COUNTED = 2**16 - 1
"""In the tables of an expert, a higher count is cut to this."""
_FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)
"""The discounts of counts of 1, 2, and 3 or more where a text is too small or too regular to estimate them."""


@dataclass(frozen=True)
class _Order:
    """The counts of all n-grams of one length. N-grams and contexts are represented by 64-bit hashes."""

    grams: NDArray[np.uint64]
    """Sorted. (N,)"""
    counts: NDArray[np.int64]
    """c(h w) of each n-gram. (N,)"""
    contexts: NDArray[np.uint64]
    """Sorted. (C,)"""
    totals: NDArray[np.int64]
    """c(h) of each context. (C,)"""
    reserved: NDArray[np.float64]
    """R(h) of each context. (C,)"""
    discounts: NDArray[np.float64]
    """D of counts of 0, 1, 2, and 3 or more. (4,)"""
    last_ids: NDArray[Any]
    """The token w of each n-gram. (N,)"""
    context_numbers: NDArray[np.int64]
    """The number of each n-gram's context h in `contexts`. (N,)"""

    def table(self) -> ContextTable:
        """The same counts by context."""
        by_context = np.lexsort((self.last_ids, self.context_numbers))
        return ContextTable(
            keys=key_of(self.contexts),
            sizes=np.bincount(self.context_numbers),
            ids=self.last_ids[by_context],
            counts=np.minimum(self.counts[by_context], MOST_COUNTED),
            discounts=self.discounts,
        )


@final
class NgramModel:
    """An n-gram model: modified Kneser-Ney smoothing, interpolated.

    N-grams are kept as 64-bit hashes. Memory is about 100 bytes for each different n-gram.

    >>> import numpy as np
    >>> ids = np.array([1, 2, 3] * 100)
    >>> model = NgramModel(ids, order=3, vocab_size=4)
    >>> probabilities = np.exp(-model.nats(np.array([1, 2, 3, 1, 1])))
    >>> bool(probabilities[3] > 0.99), bool(probabilities[4] < 0.01)  # 1 always follows 2, 3; never 3, 1
    (True, True)
    """

    def __init__(self, ids: NDArray[Any], *, order: int, vocab_size: int) -> None:
        require_whole(ids)
        self._vocab_size = vocab_size
        hashes = _hashes(ids, order)
        ends = np.arange(order - 1, len(hashes[0]))
        orders: list[_Order] = []
        for length in range(order, 0, -1):
            counted, ends = _count(hashes, length, ends=ends, last_ids=ids[ends - (order - 1)])
            orders.append(counted)
        self._orders = orders[::-1]

    def nats(self, ids: NDArray[Any]) -> NDArray[np.float64]:
        """-ln p of every id of a text, each after the ids before it. (N,)"""
        require_whole(ids)
        hashes = _hashes(ids, len(self._orders))
        ends = np.arange(len(self._orders) - 1, len(hashes[0]))
        p = np.full(len(ends), 1 / self._vocab_size)
        for length, order in enumerate(self._orders, start=1):
            count = _look_up(hashes[length][ends], keys=order.grams, values=order.counts)
            context = hashes[length - 1][ends - 1]
            total = _look_up(context, keys=order.contexts, values=order.totals)
            reserved = _look_up(context, keys=order.contexts, values=order.reserved)
            numerator = count - order.discounts[np.minimum(count, 3)] + reserved * p
            p = np.where(total > 0, numerator / np.maximum(total, 1), p)
        nats: NDArray[np.float64] = -np.log(p)
        return nats

    def tables(self) -> list[ContextTable]:
        """The counts by context, those of the shortest n-grams first: what an `NgramExpert` looks them up in.

        >>> import numpy as np
        >>> [len(table.ids) for table in NgramModel(np.array([1, 2, 3] * 100), order=3, vocab_size=4).tables()]
        [3, 4, 5]
        """
        return [order.table() for order in self._orders]


def count_different(ids: NDArray[Any], longest: int) -> list[int]:
    """How many different n-grams of each length from 1 to `longest` there are.

    >>> import numpy as np
    >>> count_different(np.array([1, 2, 3] * 100), longest=2)  # the beginning counts as end-of-text
    [4, 5]
    """
    return [len(np.unique(hashes)) for hashes in _hashes(ids, longest)[1:]]


def _hashes(ids: NDArray[Any], order: int) -> list[NDArray[np.uint64]]:
    """For every length from 0 to `order`: the hashes of the n-grams that end at each position.

    `order - 1` end-of-text tokens are put before the first id, so that it has a context too.
    """
    padded = np.concatenate((np.full(order - 1, END_OF_TEXT), ids))
    hashes = [np.zeros(len(padded), np.uint64)]
    for _ in range(order):
        of_context = np.concatenate((np.zeros(1, np.uint64), hashes[-1][:-1]))
        hashes.append(extend_hash(of_context, padded))
    return hashes


def _count(
    hashes: list[NDArray[np.uint64]], length: int, *, ends: NDArray[Any], last_ids: NDArray[Any]
) -> tuple[_Order, NDArray[Any]]:
    """Count the n-grams of one length that end at these positions, with these ids.

    Also returns one position for each different n-gram. Counting there alone is how the next lower order counts
    contexts instead of occurrences.
    """
    grams, first, counts = np.unique(hashes[length][ends], return_index=True, return_counts=True)
    first_ends = ends[first]
    context_of_gram = hashes[length - 1][first_ends - 1]
    contexts, context_number = np.unique(context_of_gram, return_inverse=True)
    totals = np.bincount(context_number, weights=counts).astype(np.int64)
    discounts = _discounts(counts)
    reserved = np.bincount(context_number, weights=discounts[np.minimum(counts, 3)]).astype(np.float64)
    counted = _Order(grams, counts, contexts, totals, reserved, discounts, last_ids[first], context_number)
    return counted, first_ends


def _discounts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The discounts of counts of 0, 1, 2, and 3 or more (Chen & Goodman 1998, section 3.3).

    With n_i the number of n-grams that occur i times, and Y = n_1 / (n_1 + 2 n_2):
    D(i) = i - (i + 1) Y n_{i+1} / n_i. Where no n-gram occurs i times, or a discount is not above 0, all three are the
    fallback discounts: a discount of 0 could give new n-grams a probability of 0.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=6)
    if n[1:4].all():
        y = n[1] / (n[1] + 2 * n[2])
        estimated = [i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3)]
        if min(estimated) > 0:
            return np.array([0.0, *estimated])
    return np.array([0.0, *_FALLBACK_DISCOUNTS])


def _look_up(wanted: NDArray[np.uint64], *, keys: NDArray[np.uint64], values: NDArray[Any]) -> NDArray[Any]:
    """The value of each wanted key; 0 if it is not among the keys, which are sorted."""
    number = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    looked_up: NDArray[Any] = np.where(keys[number] == wanted, values[number], 0)
    return looked_up
