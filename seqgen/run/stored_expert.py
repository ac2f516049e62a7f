"""How an n-gram expert stands in a model file: its tables, compressed into one tensor, beside a short description."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import RunError
from seqgen.inference import ContextTable, NgramExpert

EXPERT = "expert"
"""The tensor with the tables of the n-gram expert, and the key of what describes them."""
_MOST_NGRAMS = 100_000_000
"""A file that claims more is not believed."""
_MOST_ORDER = 32
_MOST_COMPRESSION, _ALWAYS_BYTES = 10, 1 << 20
"""Tables may unpack to so many times their packed size, or to a megabyte. Those of texts unpack to 3 to 5 times."""


def pack_expert(expert: NgramExpert) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """The description of an expert as JSON values, and its tables as bytes.

    Keys are sorted, so they are written as differences, which compress well. Most sizes and counts are 1.

    >>> from seqgen.evaluation.ngram import NgramModel
    >>> tables = NgramModel(np.array([1, 2, 3] * 100), order=3, vocab_size=4).tables()
    >>> description, packed = pack_expert(NgramExpert(tables, vocab_size=4, weight=0.25))
    >>> description["weight"], description["contexts"], description["ngrams"]
    (0.25, [1, 4, 5], [3, 4, 5])
    >>> unpack_expert(description, packed, vocab_size=4).order
    3
    """
    parts: list[NDArray[Any]] = []
    for table in expert.tables:
        parts += [np.diff(table.keys, prepend=np.uint64(0)), table.sizes.astype("<u4")]
        parts += [table.ids.astype("<u4"), table.counts.astype("<u2")]
    plain = b"".join(_in_planes(part) for part in parts)
    data = zlib.compress(plain)
    if len(plain) > _most_bytes(len(data)):  # nobody would unpack it
        data = zlib.compress(plain, level=0)
    description = {
        "weight": expert.weight,
        "contexts": [len(table.keys) for table in expert.tables],
        "ngrams": [len(table.ids) for table in expert.tables],
        "discounts": [table.discounts.tolist() for table in expert.tables],
    }
    return description, np.frombuffer(data, np.uint8)


def unpack_expert(description: Mapping[str, Any], packed: NDArray[Any], *, vocab_size: int) -> NgramExpert:
    """The expert that a model file holds.

    Raises:
        RunError: description and tables do not fit each other or the vocabulary.
    """
    try:
        contexts, ngrams = ([int(n) for n in description[name]] for name in ("contexts", "ngrams"))
        weight, discounts = float(description["weight"]), np.array(description["discounts"], np.float64)
    except (LookupError, TypeError, ValueError, OverflowError):
        raise RunError("the description of the n-gram expert cannot be read") from None
    sizes_fit = 1 <= len(contexts) == len(ngrams) <= _MOST_ORDER and discounts.shape == (len(contexts), 4)
    if not sizes_fit or min(*contexts, *ngrams) < 1 or sum(ngrams) > _MOST_NGRAMS or not 0 < weight < 1:
        raise RunError("the description of the n-gram expert has impossible sizes or weights")
    reader = _Reader(packed, n_bytes=sum(12 * c + 6 * n for c, n in zip(contexts, ngrams, strict=True)))
    tables = []
    for n_contexts, n, discount in zip(contexts, ngrams, discounts, strict=True):
        keys = np.cumsum(reader.take("<u8", n_contexts), dtype=np.uint64)
        sizes = reader.take("<u4", n_contexts)
        ids, counts = reader.take("<u4", n), reader.take("<u2", n)
        table = ContextTable(keys=keys, sizes=sizes, ids=ids.astype(np.int64), counts=counts, discounts=discount)
        _require_sound(table, vocab_size)
        tables.append(table)
    return NgramExpert(tables, vocab_size=vocab_size, weight=weight)


def _most_bytes(n_packed: int) -> int:
    """To how many bytes so many packed ones may unpack: a small file that fills the memory is refused."""
    return max(_ALWAYS_BYTES, _MOST_COMPRESSION * n_packed)


def _in_planes(array: NDArray[Any]) -> bytes:
    """The first bytes of all numbers, then their second bytes, and so on: alike beside alike compresses best."""
    return np.ascontiguousarray(array).view(np.uint8).reshape(len(array), -1).T.tobytes()


@final
class _Reader:
    """Takes one array after the other from compressed bytes."""

    def __init__(self, packed: NDArray[Any], *, n_bytes: int) -> None:
        decompressor = zlib.decompressobj()
        is_possible = n_bytes <= _most_bytes(packed.size)
        try:  # and no more than was announced
            self._data = decompressor.decompress(packed.tobytes(), n_bytes + 1) if is_possible else b""
        except zlib.error:
            self._data = b""
        if len(self._data) != n_bytes:
            raise RunError("the tables of the n-gram expert are damaged")
        self._position = 0

    def take(self, kind: str, n: int) -> NDArray[Any]:
        width = np.dtype(kind).itemsize
        planes = np.frombuffer(self._data, np.uint8, n * width, self._position).reshape(width, n)
        self._position += n * width
        return np.ascontiguousarray(planes.T).view(kind)[:, 0]


def _require_sound(table: ContextTable, vocab_size: int) -> None:
    """Check that every look-up in a table gives probabilities."""
    is_sound = (
        int(table.sizes.min()) > 0
        and int(table.sizes.sum(dtype=np.int64)) == len(table.ids)
        and int(table.ids.max()) < vocab_size
        and int(table.counts.min()) > 0
        and bool((table.keys[1:] >= table.keys[:-1]).all())
        and bool((table.discounts[1:] > 0).all() and (table.discounts <= np.arange(4)).all())
        and table.discounts[0] == 0
    )
    if not is_sound:
        raise RunError("the tables of the n-gram expert are not those of an n-gram model")
