"""Where a text is cut into its training, validation and test part. Documents are never cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seqgen.config import CorpusConfig, Part
from seqgen.corpus.documents import Division
from seqgen.corpus.duplicates import Groups
from seqgen.corpus.parts import CorpusPart
from seqgen.corpus.stored_text import StoredText
from seqgen.errors import CorpusError

_ROUNDING = 1e-9
"""Added to a share of characters before it is rounded down, because 0.7 * 1000 may come out as 699.9999999999999."""


def whole_text(text: StoredText, division: Division) -> CorpusPart:
    """All of a text as one part.

    Raises:
        CorpusError: the text has no document.
    """
    end = text.n_bytes if division.documents is None else len(division.spans(text))
    if not end:
        raise CorpusError("the text holds no document: every line of it is blank")
    return CorpusPart(text=text, start=0, end=end, division=division)


def split_text(text: StoredText, config: CorpusConfig, *, division: Division) -> Iterator[tuple[Part, CorpusPart]]:
    """The training, validation and test part of a text, in this order; a part may be empty.

    A part that has files of its own takes no share of the text.
    """
    valid = 0.0 if config.valid_paths else config.valid_fraction
    test = 0.0 if config.test_paths else config.test_fraction
    whole = whole_text(text, division)
    if division.documents is None:
        cuts = [text.byte_offset(n) for n in _cut_characters(text.n_characters, valid=valid, test=test)]
    else:
        groups = division.groups(text)
        sizes = _sizes(division.spans(text), groups)
        numbers = _cut_groups(sizes, valid=valid, test=test)
        cuts = [int(n) for n in np.append(groups.starts, len(groups.order))[numbers]]
    names: tuple[Part, ...] = ("train", "valid", "test")
    for name, start, end in zip(names, [0, *cuts], [*cuts, whole.end], strict=True):
        yield name, replace(whole, start=start, end=end)


def _cut_characters(total: int, *, valid: float, test: float) -> tuple[int, int]:
    """Where validation and test begin among `total` characters or bytes. Training always has one."""
    valid_start = max(1, int(total * (1 - valid - test) + _ROUNDING))
    return valid_start, max(valid_start, int(total * (1 - test) + _ROUNDING))


def _sizes(spans: NDArray[np.int64], groups: Groups) -> NDArray[np.int64]:
    """The bytes of each group of documents. Every document counts with one byte behind it."""
    sizes = spans[groups.order, 1] - spans[groups.order, 0] + 1
    return np.add.reduceat(sizes, groups.starts)


def _cut_groups(sizes: NDArray[np.int64], *, valid: float, test: float) -> list[int]:
    """The numbers of the first validation and the first test group, so that their bytes come close to the shares.

    A group on the boundary belongs to the part before it. A share above 0 gets at least one group, if it can.
    """
    ends = np.cumsum(sizes)
    starts = _cut_characters(int(ends[-1]), valid=valid, test=test)
    first_valid, first_test = (min(int(np.searchsorted(ends, start)) + 1, len(sizes)) for start in starts)
    if test and first_test == len(sizes) > 1:
        first_test -= 1
    if valid and min(first_valid, first_test) == first_test > 1:
        first_valid = first_test - 1
    return [min(first_valid, first_test), first_test]
