"""The rows of probabilities that an n-gram expert has made. A text meets most of its contexts again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np

from seqgen.inference.base import Array
from seqgen.inference.expert_tables import ContextTable

_MOST_BYTES = 64_000_000
_BYTES_BESIDE_ROW = 250
"""What Python needs for an array and its place in a dictionary, beside the numbers of the row."""


@final
class KnownRows:
    """p(token | context) for one context at a time. A row is made once, from the row of the next shorter context.

    When the rows take `most_bytes`, all of them are forgotten. Several threads may share one object: what one of them
    forgets, the others make again.

    >>> from seqgen.evaluation.ngram import NgramModel
    >>> from seqgen.inference.expert_tables import extend_context
    >>> tables = NgramModel(np.array([1, 2, 3] * 100), order=3, vocab_size=4).tables()
    >>> rows = KnownRows(tables, vocab_size=4)
    >>> hashes = extend_context(extend_context([0, 0, 0], 2), 3)
    >>> int(rows.after(hashes).argmax())  # 1 always follows 2, 3
    1
    """

    def __init__(self, tables: Sequence[ContextTable], *, vocab_size: int, most_bytes: int = _MOST_BYTES) -> None:
        self._tables = tables
        self._nothing_known = np.full(vocab_size, 1 / vocab_size, np.float32)
        self._rows: dict[int, Array] = {}
        """By the hashes of contexts. A context of N-1 ids that no table has stands here with the row of the longest
        known one. The hash has 64 bits, so that two contexts hardly ever share one."""
        self._most_rows = most_bytes // (self._nothing_known.nbytes + _BYTES_BESIDE_ROW)

    def __len__(self) -> int:
        return len(self._rows)

    def after(self, hashes: Sequence[int]) -> Array:
        """The row after the latest 0, 1, ... N-1 ids, which have these hashes: (V,). Nothing may change it."""
        row = self._rows.get(hashes[-1])
        return self._made(hashes) if row is None else row

    def _made(self, hashes: Sequence[int]) -> Array:
        if len(self._rows) + len(hashes) > self._most_rows:
            self._rows.clear()
        row, length = self._longest(hashes)
        for of_context, table in zip(hashes[length:], self._tables[length:], strict=True):
            number = table.find_one(of_context)
            if number is None:  # a longer context ends with this one, so it is unknown too
                break
            row = self._rows[of_context] = table.lengthen(row, number)
        self._rows[hashes[-1]] = row
        return row

    def _longest(self, hashes: Sequence[int]) -> tuple[Array, int]:
        """The row of the longest context that has one, and the length of the next longer context."""
        for length in range(len(hashes) - 1, 0, -1):
            row = self._rows.get(hashes[length - 1])
            if row is not None:
                return row, length
        return self._nothing_known, 0
