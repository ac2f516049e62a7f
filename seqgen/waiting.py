"""What the program does while its user waits: long work says what it is and how far it is, to whoever watches.

The library never prints. It does what may take over a second inside of `waiting`, and a program that wants to show that
runs the library inside of `watched`. Nobody else notices.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar, final

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Wait:
    """Work that is under way.

    >>> Wait("encoding story.txt", done=250, total=1000)
    Wait(what='encoding story.txt', done=250, total=1000)
    """

    what: str
    done: float = 0
    total: float | None = None
    """None if nobody knows where the end is."""


Watcher = Callable[[Wait | None], None]
"""Is called at every change: with the work that is under way, the innermost if there is some within some, and with None
when it has ended."""


@final
class Waiting:
    """A handle on work that is under way; `waiting` gives it.

    >>> from seqgen.waiting import waiting
    >>> with waiting("counting", total=10) as work:
    ...     for _ in range(10):
    ...         work.advance()
    """

    def __init__(self, wait: Wait, tell: Callable[[], None] | None) -> None:
        self.wait = wait
        self._tell = tell

    def advance(self, amount: float = 1, *, what: str | None = None) -> None:
        """Say that so much more is done and, if that changes, what is done now."""
        if self._tell is None:
            return
        self.wait = Wait(self.wait.what if what is None else what, self.wait.done + amount, self.wait.total)
        self._tell()


@final
class _Watch:
    """A watcher, and the work that it watches, the outermost first."""

    def __init__(self, watcher: Watcher) -> None:
        self.works: list[Waiting] = []
        self._watcher = watcher

    def tell(self) -> None:
        self._watcher(self.works[-1].wait if self.works else None)


_watch: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextlib.contextmanager
def watched(watcher: Watcher | None) -> Iterator[None]:
    """Until the block ends, tell this watcher about all work of this thread, and no watcher from outside. None: nobody.

    >>> from seqgen.waiting import one_by_one, watched
    >>> with watched(print):
    ...     squares = [number**2 for number in one_by_one([3, 4], lambda number: f"squaring {number}")]
    Wait(what='squaring 3, 1 of 2', done=0, total=2)
    Wait(what='squaring 4, 2 of 2', done=1, total=2)
    None
    """
    token = _watch.set(None if watcher is None else _Watch(watcher))
    try:
        yield
    finally:
        _watch.reset(token)


@contextlib.contextmanager
def waiting(what: str, total: float | None = None) -> Iterator[Waiting]:
    """Say that the block does this work, which is done when it has advanced to `total`.

    >>> from seqgen.waiting import waiting, watched
    >>> with watched(print), waiting("counting", total=10) as work:
    ...     work.advance(10)
    Wait(what='counting', done=0, total=10)
    Wait(what='counting', done=10, total=10)
    None
    """
    watch = _watch.get()
    if watch is None:
        yield Waiting(Wait(what, 0, total), None)
        return
    work = Waiting(Wait(what, 0, total), watch.tell)
    watch.works.append(work)
    watch.tell()
    try:
        yield work
    finally:
        watch.works.remove(work)
        watch.tell()


def one_by_one(items: Sequence[_Item], describe: Callable[[_Item], str]) -> Iterator[_Item]:
    """Yield items that each take a while, and say which it is: "timing lstm 1x512, 3 of 7".

    >>> from seqgen.waiting import one_by_one
    >>> list(one_by_one("ab", lambda letter: f"reading {letter}"))
    ['a', 'b']
    """
    names = [f"{describe(item)}, {number} of {len(items)}" for number, item in enumerate(items, start=1)]
    with waiting(names[0] if names else "nothing", total=len(items)) as work:
        for number, item in enumerate(items):
            if number:
                work.advance(what=names[number])
            yield item


def counted(
    items: Iterable[_Item], what: str, *, total: float | None, size: Callable[[_Item], float]
) -> Iterator[_Item]:
    """Yield items that come one after the other, and say how much of the whole has come.

    >>> from seqgen.waiting import counted
    >>> list(counted(["Mi", "na"], "reading", total=4, size=len))
    ['Mi', 'na']
    """
    with waiting(what, total) as work:
        for item in items:
            work.advance(size(item))
            yield item
