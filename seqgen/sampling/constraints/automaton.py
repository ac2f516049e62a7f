"""The automaton of a regular expression over UTF-8 bytes. Run as a program, it builds one in a process of its own."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from outlines_core import Index

_MARK = "\U0010ffff"  # never a character of a text; put after the expression, it shows where that may end
_END = 256  # what a vocabulary of bytes has to have besides
_MOST_SECONDS = 10.0
_MOST_BYTES = 3 << 30
_REFUSED = 3  # exit status
_TOO_LARGE = "its automaton is too large: fewer or smaller counts in braces, and less before them, make it smaller"
_NOT_REGULAR = "anchors, look-around and back-references are not for it: the whole text always matches"


class Automaton(NamedTuple):
    """Reads bytes; the last of its states is that from which nothing can match."""

    start: int
    table: NDArray[np.int32]
    """(n_states, 256): the state after each byte."""
    accepting: NDArray[np.bool_]
    """(n_states,): whether the text so far matches."""

    @property
    def dead(self) -> int:
        return len(self.table) - 1


def build_automaton(pattern: str) -> Automaton:
    """The automaton of an expression, which can be exponentially larger than it: there is a limit to time and memory.

    Raises:
        ValueError: no such expression, or one whose automaton is too large; the message says which.
    """
    command = [sys.executable, __file__]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # whose buffers would count
    try:
        done = subprocess.run(
            command, input=pattern.encode(), capture_output=True, timeout=_MOST_SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise ValueError(_TOO_LARGE) from None
    if done.returncode == 0:
        with np.load(io.BytesIO(done.stdout)) as arrays:
            return Automaton(int(arrays["start"]), arrays["table"], arrays["accepting"])
    if done.returncode == _REFUSED:
        raise ValueError(done.stderr.decode(errors="replace").strip())
    raise ValueError(_TOO_LARGE)


def _build(pattern: str) -> Automaton:
    """Build it for the expression with a mark after it, which alone leads to what outlines-core takes for the end.

    That library loses the ways on from states in which a text may end but need not.
    """
    _index(pattern)  # which may be none, though it would be one in brackets
    try:
        index = _index(f"(?:{pattern}){_MARK}")
    except ValueError:  # it ends with a comment
        index = _index(f"(?:{pattern}\n){_MARK}")
    ends, arcs = index.get_final_states(), index.get_transitions()
    numbers = {state: number for number, state in enumerate(arcs.keys() - ends)}
    dead = len(numbers)
    table = np.full((dead + 1, 256), dead, dtype=np.int32)
    before_end = np.zeros(dead + 1, dtype=bool)
    for state, number in numbers.items():
        for byte, after in arcs[state].items():
            if after in ends:  # only the last byte of the mark leads there
                before_end[number] = True
            elif after in numbers:
                table[number, byte] = numbers[after]
    within_mark = reduce(lambda states, byte: table[states, byte], _MARK.encode()[:-1], np.arange(dead + 1))
    return Automaton(numbers[index.get_initial_state()], table, before_end[within_mark])


def _index(pattern: str) -> Index:
    """The library's automaton, with bytes for tokens."""
    from outlines_core import Index, Vocabulary

    return Index(pattern, Vocabulary(_END, {bytes([byte]): [byte] for byte in range(256)}))


def _main() -> None:
    """Read an expression from standard input and write its automaton to standard output."""
    try:
        import resource  # which not every system has

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    except (ImportError, ValueError, OSError):
        pass
    pattern = sys.stdin.buffer.read().decode()
    try:
        automaton = _build(pattern)
    except ValueError:
        reason = _NOT_REGULAR
        try:
            re.compile(pattern)  # whose messages are made for people
        except re.error as error:
            reason = str(error)
        print(reason, file=sys.stderr)
        sys.exit(_REFUSED)
    made = io.BytesIO()
    np.savez(made, start=automaton.start, table=automaton.table, accepting=automaton.accepting)
    sys.stdout.buffer.write(made.getvalue())


if __name__ == "__main__":
    _main()
