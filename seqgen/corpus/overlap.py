"""How much of a text also occurs in the training text, measured by shared passages of 50 characters.

Texts that people wrote independently share hardly any passage of this length. So a text that shares more was probably
part of the training text, and its score says little about other texts.

A passage is known by a hash of 64 bits. The index of a training text keeps the smallest hashes, up to a fixed number,
so it takes constant memory however long the text is. Which passages these are depends on nothing but their characters:
so of any other text, too, exactly the passages with small hashes are looked up, and their share is an unbiased estimate
of the share of all (the bottom-k sample of Bar-Yossef et al. 2002). It is exact for a training text with fewer passages
than the index keeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.cache import cache_folder, cannot_keep
from seqgen.corpus.parts import CorpusPart
from seqgen.durable import written_whole
from seqgen.tokenizers import MARK
from seqgen.tokenizers.alphabet import code_points
from seqgen.waiting import waiting

PASSAGE_LENGTH = 50
"""Characters. A document with fewer counts as one passage."""
LARGEST_SHARE = 0.01
"""A larger share of passages that also occur in the training text is worth a warning."""

_VERSION = 2
"""Raise it when a passage gets another hash than before."""
_MOST_KEPT = 1 << 20
_BLOCK = 1 << 16  # characters that are hashed at a time: their arrays fit into the cache of a CPU
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_LARGEST_HASH = np.uint64((1 << 64) - 1)

Hashes = NDArray[np.uint64]


@final
class PassageIndex:
    """The passages of a training text, or a sample of them.

    >>> from pathlib import Path
    >>> from seqgen.corpus.overlap import PassageIndex
    >>> text = Path("story.txt").read_text()
    >>> index = PassageIndex.of_text([text])
    >>> index.share_of([text[1000:1500]]), index.share_of([text[1000:1500].upper()])
    (1.0, 0.0)
    """

    def __init__(self, hashes: Hashes) -> None:
        self._hashes = hashes
        """Ascending, each once."""

    @classmethod
    def of_text(cls, chunks: Iterable[str]) -> PassageIndex:
        """Index a text in which documents end with `MARK`."""
        kept, limit = list[Hashes](), _LARGEST_HASH
        for hashes in _passage_hashes(chunks):
            kept.append(hashes[hashes <= limit])
            if sum(map(len, kept)) > 2 * _MOST_KEPT:
                kept = [_smallest(kept)]
                limit = _limit_of(kept[0])
        return cls(_smallest(kept))

    @classmethod
    def of_part(cls, part: CorpusPart) -> PassageIndex:
        """The index of a part of a corpus, which is kept in the cache.

        Raises:
            CorpusError: the cache folder cannot be written.
        """
        key = hashlib.sha256(f"{part.key} {_VERSION}".encode()).hexdigest()
        path = cache_folder() / "passages" / f"{key}.npy"
        try:
            return cls(np.load(path))
        except (OSError, EOFError, ValueError):  # it is not there, or damaged
            with waiting("indexing the training text"):
                index = cls.of_text(part.chunks())
        try:
            with written_whole(path) as out:
                np.save(out, index._hashes)
        except OSError as error:
            raise cannot_keep("the index of the text", path.parent, error) from None
        return index

    def share_of(self, chunks: Iterable[str]) -> float:
        """The share of the passages of another text that occur in this one; 0 if it has no passage."""
        limit, n_passages, n_shared = _limit_of(self._hashes), 0, 0
        for hashes in _passage_hashes(chunks):
            sampled = hashes[hashes <= limit]
            places = np.searchsorted(self._hashes, sampled)
            is_within = places < len(self._hashes)
            n_passages += len(sampled)
            n_shared += int((self._hashes[places[is_within]] == sampled[is_within]).sum())
        return n_shared / max(1, n_passages)


def describe_overlap(share: float, name: str) -> str | None:
    """Say in words how much a text shares with the training text; None if that is not worth a warning.

    >>> from seqgen.corpus.overlap import describe_overlap
    >>> describe_overlap(0.127, "valid.txt")
    '12.7% of the passages of 50 characters in valid.txt also occur in the training text'
    """
    if share <= LARGEST_SHARE:
        return None
    return f"{share:.1%} of the passages of {PASSAGE_LENGTH} characters in {name} also occur in the training text"


def _smallest(arrays: list[Hashes]) -> Hashes:
    hashes = np.sort(np.concatenate(arrays))  # np.unique is many times slower
    is_first = np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)]
    kept: Hashes = hashes[is_first][:_MOST_KEPT]
    return kept


def _limit_of(kept: Hashes) -> np.uint64:
    """The largest hash of which an index would know that it has it."""
    return kept[-1] if len(kept) == _MOST_KEPT else _LARGEST_HASH


def _passage_hashes(chunks: Iterable[str]) -> Iterator[Hashes]:
    """The hash of every passage of a text with marks, block by block. No passage reaches from a document to the next.

    The hash of characters c_0 ... c_n is c_0 + c_1 * base + ... + c_n * base^n, modulo 2^64. It comes from the
    difference of two sums over all characters of a block, divided by a power of the base, which is odd.
    """
    rest = np.empty(0, dtype=np.uint64)
    is_whole = True  # whether the rest begins where its document begins
    for block in _blocks(chunks):
        codes = np.concatenate((rest, block))
        yield _hashes_within(codes, is_whole=is_whole, has_end=False)
        marks = np.flatnonzero(codes == _MARK_CODE)
        document = codes[marks[-1] + 1 :] if len(marks) else codes
        is_whole = len(document) < PASSAGE_LENGTH
        rest = document[-(PASSAGE_LENGTH - 1) :]
    yield _hashes_within(rest, is_whole=is_whole, has_end=True)


def _blocks(chunks: Iterable[str]) -> Iterator[NDArray[np.uint64]]:
    for chunk in chunks:
        codes = code_points(chunk).astype(np.uint64)
        for start in range(0, len(codes), _BLOCK):
            yield codes[start : start + _BLOCK]


def _hashes_within(codes: NDArray[np.uint64], *, is_whole: bool, has_end: bool) -> Hashes:
    """The hashes of all passages that begin and end within a block.

    `is_whole` and `has_end` say whether a document begins at its start, and whether one ends at its end.
    """
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes + _ONE) * _POWERS[: len(codes)], out=sums[1:])
    hashes = sums[PASSAGE_LENGTH:] - sums[:-PASSAGE_LENGTH]
    hashes *= _INVERSE_POWERS[: len(hashes)]
    marks = np.flatnonzero(codes == _MARK_CODE)
    if len(marks):
        n_marks = np.searchsorted(marks, np.arange(len(codes) + 1))  # before each place
        hashes = hashes[n_marks[PASSAGE_LENGTH:] == n_marks[:-PASSAGE_LENGTH]]
    starts, ends = np.append(0, marks + 1), np.append(marks, len(codes))
    is_short = (ends > starts) & (ends - starts < PASSAGE_LENGTH)
    is_short[0] &= is_whole
    is_short[-1] &= has_end
    starts, ends = starts[is_short], ends[is_short]
    return _mixed(np.concatenate((hashes, (sums[ends] - sums[starts]) * _INVERSE_POWERS[starts])))


def _mixed(hashes: Hashes) -> Hashes:
    """The same hashes with their bits spread, so that the smallest are a fair sample. The array is changed in place.

    These are the first two of the three steps of SplitMix64 (Steele et al. 2014). The third changes only low bits, and
    hardly ever the order.
    """
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashes ^= hashes >> np.uint64(shift)
        hashes *= np.uint64(factor)
    return hashes


_ONE = np.uint64(1)
_MARK_CODE = ord(MARK)
_POWERS, _INVERSE_POWERS = (
    np.cumprod(np.concatenate(([_ONE], np.full(_BLOCK + PASSAGE_LENGTH, base)))) for base in (_BASE, _INVERSE)
)
