"""Iterators that go forward in threads: NumPy lets go of the interpreter while it calculates."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_CHUNK = 1024  # items that a thread makes at a time


def side_by_side(iterators: Sequence[Iterator[_Item]]) -> Iterator[_Item]:
    """The items of all, a part of the first, one of the second, and so on: the same order whatever the threads do.

    One iterator alone needs no thread, and its items come at once. An error of an iterator is raised in its turn.
    """
    if len(iterators) == 1:
        yield from iterators[0]
        return

    def part(iterator: Iterator[_Item]) -> list[_Item]:
        return list(itertools.islice(iterator, _CHUNK))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        works = deque((iterator, pool.submit(part, iterator)) for iterator in iterators)
        while works:
            iterator, work = works.popleft()
            items = work.result()
            if len(items) == _CHUNK:
                works.append((iterator, pool.submit(part, iterator)))
            yield from items
