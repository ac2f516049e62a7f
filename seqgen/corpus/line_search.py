"""In which lines of a text a regular expression is found. It may be from anywhere, so it never searches without end.

Python's `re` tries one way after another. A short expression can have more ways through a short line than anyone waits
for, and nothing stops `re` inside of a process. So it searches here only where few ways are possible at all. Everywhere
else it searches in a child process, whose time is limited. Run as a program, this file is that child.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial

MOST_SECONDS = 10
"""Of computing time for a block. One of simple lines takes less than a second."""
_MOST_WAITING_S = 120
"""A block takes longer than its computing time where much else is computed."""
_BLOCK_BYTES = 1 << 24
_BLOCK_LINES = 1 << 18
"""An empty line is short, but takes memory too."""
_MOST_WAYS = 1_000_000
"""So many take about 20 milliseconds."""
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")
_REPEATS = re.compile(r"[*+{]")
_CHOICES = re.compile(r"[|?]")
_MOST_EXPONENT = 8
"""More repeats or choices take their time in an empty line too."""
_NEVER = sys.maxsize


def find_lines(expression: str, lines: Iterable[bytes]) -> Iterator[bool]:
    """For each line of UTF-8 whether the expression is found in it. No line holds a newline.

    >>> list(find_lines("^Chapter [0-9]+$", [b"Chapter 1", b"It was late.", b"Chapter 2"]))
    [True, False, True]

    Raises:
        TimeoutError: the search takes too long.
        ChildProcessError: the search was ended by something else. The message says how.
    """
    ways_through = cache(partial(most_ways, expression))
    for block in _in_blocks(lines):
        n_ways = 0
        for line in block:
            n_ways += ways_through(len(line))
            if n_ways > _MOST_WAYS:
                yield from _search_apart(expression, block)
                break
        else:
            yield from search(expression, block)


def search(expression: str, lines: Iterable[bytes]) -> Iterator[bool]:
    """What `find_lines` says, searched here and without a limit."""
    compiled = re.compile(expression)
    return (bool(compiled.search(line.decode("utf-8", "replace"))) for line in lines)


def most_ways(expression: str, n: int) -> int:
    """A bound on the ways that the search for an expression tries in a line of `n` characters.

    Each repeat may end, and the search may begin, at any character. Each choice doubles the ways. For a repeated group
    there is no bound.

    >>> most_ways("^a+b", 9), most_ways("^(a|b)", 9), most_ways("(a|a)*b", 9) > 10**12
    (100, 20, True)
    """
    plain = _ESCAPED.sub("x", expression)
    n_repeats, n_choices = len(_REPEATS.findall(plain)), len(_CHOICES.findall(plain))
    is_bounded = not _REPEATED_GROUP.search(plain) and not _VERBOSE.search(plain)
    if not is_bounded or n_repeats > _MOST_EXPONENT or n_choices > _MOST_EXPONENT:
        return _NEVER
    n_ways: int = (n + 1) ** (n_repeats + 1) << n_choices
    return n_ways


def _in_blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    n_bytes = 0
    for line in lines:
        block.append(line)
        n_bytes += len(line) + 1
        if n_bytes >= _BLOCK_BYTES or len(block) == _BLOCK_LINES:
            yield block
            block, n_bytes = [], 0
    if block:
        yield block


def _search_apart(expression: str, lines: Sequence[bytes]) -> list[bool]:
    """What `search` says, in a child process."""
    from seqgen.child_process import describe_end, run_child  # here, because the child has no seqgen

    text = b"\n".join([expression.encode("unicode_escape"), *lines])  # which turns a newline into two characters
    command = [sys.executable, "-I", "-S", __file__, str(MOST_SECONDS)]
    child = run_child(command, text, most_s=_MOST_WAITING_S)
    if len(child.stdout) != len(lines):
        raise ChildProcessError(describe_end(child))
    return [found == ord("1") for found in child.stdout]


def _main() -> None:
    """Read an expression and lines from standard input, and write 1 or 0 for each line to standard output."""
    try:
        import resource  # Windows has no such module

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # its end by the next limit leaves no file behind
        seconds = int(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # the first is told from a kill
    except (ImportError, ValueError, OSError):
        pass
    expression, *lines = sys.stdin.buffer.read().split(b"\n")
    found = search(expression.decode("unicode_escape"), lines)
    sys.stdout.buffer.write(b"".join(b"1" if is_found else b"0" for is_found in found))


if __name__ == "__main__":
    _main()
