"""Iterators that go forward in threads: NumPy lets go of the interpreter while it calculates."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from seqgen.inference import limit_this_thread, one_thread

_Item = TypeVar("_Item")
_CHUNK = 1024  # items that a thread makes at a time


def side_by_side(generators: Sequence[Generator[_Item]]) -> Iterator[_Item]:
    """The items of all, a part of the first, one of the second, and so on: the same order whatever the threads do.

    One generator alone needs no thread, and its items come at once. An error of a generator is raised after the items
    that it made before; all are closed at the end, whatever ends it. BLAS is held to one thread.
    """
    if len(generators) == 1:
        yield from generators[0]
        return
    n_threads = min(len(generators), os.cpu_count() or 1)
    with one_thread():
        pool = ThreadPoolExecutor(n_threads, initializer=limit_this_thread)
        try:
            works = deque((one, pool.submit(_part, one)) for one in generators)
            while works:
                generator, work = works.popleft()
                items, error = work.result()
                if error is None and len(items) == _CHUNK:
                    works.append((generator, pool.submit(_part, generator)))
                yield from items
                if error is not None:
                    raise error
        finally:
            pool.shutdown(cancel_futures=True)
            for generator in generators:
                generator.close()


def _part(generator: Generator[_Item]) -> tuple[list[_Item], Exception | None]:
    """The next items, and the error that came after them."""
    items: list[_Item] = []
    try:
        items.extend(itertools.islice(generator, _CHUNK))
    except Exception as error:
        return items, error
    return items, None
