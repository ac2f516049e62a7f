"""An n-gram model of ids: the baseline that a trained model has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers import END_OF_TEXT

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that the hash of a longer n-gram loses nothing of a shorter one
_LEAST = 0.05  # of a count is taken off for what was never seen, and as much is left


@dataclass(frozen=True)
class _Order:
    """Counts of one length of n-grams; every key is a 64-bit hash."""

    grams: NDArray[np.uint64]
    counts: NDArray[np.int64]
    contexts: NDArray[np.uint64]
    totals: NDArray[np.int64]
    """Of each context: the sum of the counts of its n-grams."""
    reserved: NDArray[np.float64]
    """Of each context: what discounts take off that sum."""
    discounts: NDArray[np.float64]
    """(4,): of counts of 0, 1, 2, and 3 or more."""


@final
class NgramModel:
    """Modified Kneser-Ney smoothing (Chen & Goodman 1998, section 3.3), interpolated: three discounts an order.

    Orders below the highest count in how many contexts an n-gram was seen; below them all is the uniform
    distribution. N-grams are kept as 64-bit hashes: memory is about 100 bytes for each different one.
    """

    def __init__(self, ids: NDArray[Any], *, order: int, vocab_size: int) -> None:
        self._vocab_size = vocab_size
        hashes = _hashes(ids, order)
        ends = np.arange(order - 1, len(hashes[0]))  # of the n-grams that are counted
        orders: list[_Order] = []
        for length in range(order, 0, -1):
            counted, ends = _count(hashes, length, ends)
            orders.append(counted)
        self._orders = orders[::-1]

    def nats(self, ids: NDArray[Any]) -> NDArray[np.float64]:
        """-ln p of every id of a text, each after the ids before it."""
        hashes = _hashes(ids, len(self._orders))
        places = np.arange(len(self._orders) - 1, len(hashes[0]))
        p = np.full(len(places), 1 / self._vocab_size)
        for length, counted in enumerate(self._orders, start=1):
            count = _look_up(counted.grams, counted.counts, hashes[length][places])
            context = hashes[length - 1][places - 1]
            total = _look_up(counted.contexts, counted.totals, context)
            reserved = _look_up(counted.contexts, counted.reserved, context)
            own = count - counted.discounts[np.minimum(count, 3)] + reserved * p
            p = np.where(total > 0, own / np.maximum(total, 1), p)
        nats: NDArray[np.float64] = -np.log(p)
        return nats


def _hashes(ids: NDArray[Any], order: int) -> list[NDArray[np.uint64]]:
    """Of every length up to `order`: hashes of the n-grams that end at each place, end-of-text tokens before the first id."""
    padded = np.concatenate((np.full(order - 1, END_OF_TEXT), ids)).astype(np.uint64) + np.uint64(1)
    hashes = [np.zeros(len(padded), np.uint64)]
    for _ in range(order):
        before = np.concatenate((np.zeros(1, np.uint64), hashes[-1][:-1]))
        mixed = (before + padded) * _MULTIPLIER
        hashes.append(mixed ^ (mixed >> np.uint64(29)))
    return hashes


def _count(hashes: list[NDArray[np.uint64]], length: int, ends: NDArray[Any]) -> tuple[_Order, NDArray[Any]]:
    """The n-grams that end at these places, and a place of each different one."""
    grams, first, counts = np.unique(hashes[length][ends], return_index=True, return_counts=True)
    firsts = ends[first]
    context_of_gram = hashes[length - 1][firsts - 1]
    contexts, number = np.unique(context_of_gram, return_inverse=True)
    totals = np.bincount(number, weights=counts).astype(np.int64)
    discounts = _discounts(counts)
    reserved = np.bincount(number, weights=discounts[np.minimum(counts, 3)]).astype(np.float64)
    return _Order(grams, counts, contexts, totals, reserved, discounts), firsts


def _discounts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of counts of 0, 1, 2, and 3 or more, from how many n-grams there are of each of the first four counts."""
    n_of = np.bincount(np.minimum(counts, 5), minlength=6)
    shared = n_of[1] / max(1, n_of[1] + 2 * n_of[2])
    taken = [n - (n + 1) * shared * n_of[n + 1] / n_of[n] if n_of[n] else shared for n in (1, 2, 3)]
    return np.array([0.0, *(min(max(share, _LEAST), n - _LEAST) for n, share in enumerate(taken, start=1))])


def _look_up(keys: NDArray[np.uint64], values: NDArray[Any], wanted: NDArray[np.uint64]) -> NDArray[Any]:
    """The value of each wanted key, 0 where it is not among the keys."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: NDArray[Any] = np.where(keys[place] == wanted, values[place], 0)
    return found
