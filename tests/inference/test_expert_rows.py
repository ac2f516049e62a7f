"""The rows that an n-gram expert keeps: they are those that it would make anew, however many are known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import ContextTable, NgramExpert
from seqgen.inference.expert_rows import KnownRows
from seqgen.inference.expert_tables import extend_context

V = 7
ORDER = 4


def some_ids(n: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Ids with a few that are frequent, so that contexts of all lengths repeat."""
    return np.random.default_rng(seed).integers(0, V, n) ** 2 % V


def some_tables(order: int = ORDER) -> list[ContextTable]:
    return list(NgramModel(some_ids(400), order=order, vocab_size=V).tables())


def contexts_of(ids: NDArray[np.int64], *, order: int = ORDER) -> list[list[int]]:
    """The hashes after each id."""
    hashes = [0] * order
    return [hashes := extend_context(hashes, token) for token in ids.tolist()]


def made_at_once(contexts: list[list[int]]) -> NDArray[np.float32]:
    """The rows as an expert makes them that remembers none."""
    tables = some_tables(len(contexts[0]))
    return NgramExpert(tables, vocab_size=V, weight=0.5).probabilities(np.array(contexts, np.uint64).view(np.int64))


@pytest.mark.parametrize("order", [1, 2, ORDER])
def test_a_row_is_the_same_bits_whether_it_is_known_or_not(order: int) -> None:
    contexts = contexts_of(some_ids(300, seed=1), order=order)
    expected, rows = made_at_once(contexts), KnownRows(some_tables(order), vocab_size=V)
    for _ in range(2):  # the second time, all are known
        np.testing.assert_array_equal([rows.after(hashes) for hashes in contexts], expected)


@pytest.mark.parametrize("most_rows", [0, 1, 5, 20])
def test_what_was_forgotten_is_made_again(most_rows: int) -> None:
    contexts = contexts_of(some_ids(300, seed=2))
    rows = KnownRows(some_tables(), vocab_size=V, most_bytes=most_rows * 300)
    np.testing.assert_array_equal([rows.after(hashes) for hashes in contexts], made_at_once(contexts))


def test_the_rows_keep_to_their_bound() -> None:
    rows = KnownRows(some_tables(), vocab_size=V, most_bytes=20 * 300)
    n_known = []
    for hashes in contexts_of(some_ids(300, seed=3)):
        rows.after(hashes)
        n_known.append(len(rows))
    assert 10 < max(n_known) <= 21


def test_a_context_that_was_never_counted_gets_the_row_of_its_longest_known_part() -> None:
    rows = KnownRows(some_tables(), vocab_size=V)
    unseen, seen = [0, 1, 2, 3], [0, 5, 6, 7]  # hashes that no context of this text has
    np.testing.assert_array_equal(rows.after(unseen), rows.after(seen))


def test_threads_that_share_rows_do_not_disturb_each_other() -> None:
    rows = KnownRows(some_tables(), vocab_size=V, most_bytes=30 * 300)  # few, so that they are often forgotten

    def follow(seed: int) -> bool:
        contexts = contexts_of(some_ids(500, seed=seed))
        return np.array_equal([rows.after(hashes) for hashes in contexts], made_at_once(contexts))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(follow, range(8)))
