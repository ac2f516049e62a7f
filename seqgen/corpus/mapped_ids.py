"""Ids in a file of the cache, mapped into memory: they are read from the disk where they are used, and nowhere else."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import CorpusError


def map_values(path: Path, dtype: np.dtype[Any], *, n: int) -> NDArray[Any]:
    """The `n` values in a file.

    >>> import numpy as np
    >>> from seqgen.corpus.mapped_ids import map_values
    >>> n_bytes = Path("story.ids").write_bytes(np.array([3, 1, 2], "uint16").tobytes())
    >>> map_values(Path("story.ids"), np.dtype("uint16"), n=3).tolist()
    [3, 1, 2]
    """
    return np.memmap(path, dtype, mode="r") if n else np.empty(0, dtype)  # an empty file cannot be mapped


def release(values: NDArray[Any]) -> None:
    """Give back the memory of values that were read from a file. They are read again when they are used again."""
    mapping = _mapping_of(values)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def require_whole(values: NDArray[Any]) -> None:
    """Check that the file of these values is as long as it was, if they are mapped. To be called before they are read.

    The system kills a process that reads a mapped file behind its end. seqgen never shortens a file, and one that is
    deleted can still be read.

    >>> import os
    >>> import numpy as np
    >>> from seqgen.corpus.mapped_ids import map_values, require_whole
    >>> n_bytes = Path("story.ids").write_bytes(np.array([3, 1, 2], "uint16").tobytes())
    >>> ids = map_values(Path("story.ids"), np.dtype("uint16"), n=3)
    >>> require_whole(ids)
    >>> os.truncate("story.ids", 4)
    >>> require_whole(ids)
    Traceback (most recent call last):
    seqgen.errors.CorpusError: the ids of the text were cut short in the cache while they were read: ...

    Raises:
        CorpusError: another program has cut the file short.
    """
    mapping = _mapping_of(values)
    if mapping is not None and mapping.size() < len(mapping):
        raise CorpusError(
            "the ids of the text were cut short in the cache while they were read: run this again, or resume the run, "
            "and they are made again"
        )


def _mapping_of(values: NDArray[Any]) -> mmap.mmap | None:
    """The mapped file behind an array or a part of one; None if it lies in memory."""
    base: object = values
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None
