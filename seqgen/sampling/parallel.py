"""Several generators at once, each in a thread of its own. Texts are written in groups this way.

Python runs one thread at a time, but NumPy lets others run while it calculates, so threads do make this faster.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from seqgen.inference import limit_this_thread, one_thread

_Item = TypeVar("_Item")
_CHUNK = 1024
"""Items that a thread makes before it takes up another generator."""
MOST_AT_ONCE = 32
"""Generators that are under way. The next one begins when one of them has ended, so that memory has a bound."""


def side_by_side(generators: Sequence[Generator[_Item]]) -> Iterator[_Item]:
    """Yield the items of several generators: a chunk from the first, a chunk from the second, and so on in rounds.

    The order of the items does not depend on the timing of the threads. Each thread makes a chunk while the chunks
    before it are read. Of many generators, some begin when others have ended. A single one needs no thread, and its
    items come one by one.

    An error in a generator is raised after the items that came before it. At the end all generators are closed, also
    after an error or when the reader stops early. NumPy's linear algebra uses one thread per generator.

    >>> from seqgen.sampling.parallel import side_by_side
    >>> list(side_by_side([(letter for letter in "abc"), (letter for letter in "xy")]))
    ['a', 'b', 'c', 'x', 'y']
    """
    if len(generators) == 1:
        yield from generators[0]
        return
    n_threads = min(len(generators), os.cpu_count() or 1)
    with one_thread():
        pool = ThreadPoolExecutor(n_threads, initializer=limit_this_thread)
        try:
            new = iter(generators)
            waiting = deque((each, pool.submit(_next_chunk, each)) for each in itertools.islice(new, MOST_AT_ONCE))
            while waiting:
                generator, chunk = waiting.popleft()
                items, error = chunk.result()
                has_ended = error is not None or len(items) < _CHUNK
                following = next(new, None) if has_ended else generator
                if error is None and following is not None:
                    waiting.append((following, pool.submit(_next_chunk, following)))
                yield from items
                if error is not None:
                    raise error
        finally:
            pool.shutdown(cancel_futures=True)
            for generator in generators:
                generator.close()


def _next_chunk(generator: Generator[_Item]) -> tuple[list[_Item], Exception | None]:
    """The next items, and the error that came after them."""
    items: list[_Item] = []
    try:
        items.extend(itertools.islice(generator, _CHUNK))
    except Exception as error:
        return items, error
    return items, None
