"""From a regular expression to its automaton. Run as a program, this file builds one in a process of its own.

An automaton reads a text one byte at a time. It is always in one of its states, and each byte takes it to the next
state. After some states the text read so far matches the expression: they are accepting. From one state, the dead
state, no byte leads to a match any more.

The expression `ab*` needs three states. "a" leads from the first to the second, which is accepting, and "b" leads from
there back to itself. Every other byte leads to the third, the dead state.

outlines-core builds the automaton. A short expression may have an automaton too large for this machine, so it is built
in a child process with limits on time and memory.
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from outlines_core import Index

_END_MARKER = "\U0010ffff"
"""A character that no text holds. It is appended to the expression, and shows where that may end."""
_END_TOKEN = 256
"""outlines-core wants a vocabulary with an end token. Ours is the 256 bytes and this one."""
_MAX_CPU_SECONDS = 10
"""The child process ends by itself after these, so that it does not matter how busy the machine is."""
_MAX_SECONDS = 120.0
"""It is ended after these where it does not end by itself."""
_MAX_BYTES = 3 << 30
_REFUSED = 3
"""Exit status of the child process if the expression is not valid. Standard error then says why."""
_TOO_LARGE = "its automaton is too large: use fewer or smaller counts in braces, and less text before them"
_NOT_REGULAR = "anchors, look-around and back-references are not supported: an expression always matches the whole text"


class Automaton(NamedTuple):
    """An automaton over UTF-8 bytes. Its last state is the dead state.

    >>> from seqgen.sampling.constraints.automaton import build_automaton
    >>> automaton = build_automaton("ab*")
    >>> state = automaton.start
    >>> for byte in b"abb":
    ...     state = automaton.table[state, byte]
    >>> bool(automaton.accepting[state])
    True
    >>> bool(automaton.table[state, ord("a")] == automaton.dead)  # "abba" does not match, nor does any longer text
    True
    """

    start: int
    table: NDArray[np.int32]
    """(n_states, 256): the state after each byte."""
    accepting: NDArray[np.bool_]
    """(n_states,): whether the text so far matches."""

    @property
    def dead(self) -> int:
        """The state from which nothing can match."""
        return len(self.table) - 1


def build_automaton(pattern: str) -> Automaton:
    """Build the automaton of an expression, in at most 10 seconds of CPU time and 3 GiB.

    >>> from seqgen.sampling.constraints.automaton import build_automaton
    >>> int(build_automaton("[0-9]{1,2}").accepting.sum())  # after one digit, and after two
    2

    Raises:
        ValueError: not a valid expression, its automaton is too large, or its process was ended by something else.
            The message says which.
    """
    from seqgen.child_process import describe_end, run_child  # here, because the child may have no seqgen

    command = [sys.executable, __file__, str(_MAX_CPU_SECONDS)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # buffers of its threads would count as memory
    try:
        child = run_child(command, pattern.encode(), most_s=_MAX_SECONDS, environment=environment)
    except TimeoutError:
        raise ValueError(_TOO_LARGE) from None
    if child.returncode == 0:
        with np.load(io.BytesIO(child.stdout)) as arrays:
            return Automaton(int(arrays["start"]), arrays["table"], arrays["accepting"])
    if child.returncode == _REFUSED:
        raise ValueError(child.stderr.decode(errors="replace").strip())
    if child.returncode == -signal.SIGABRT or b"MemoryError" in child.stderr:  # beyond its own limit
        raise ValueError(_TOO_LARGE)
    raise ValueError(f"its automaton was not built, because {describe_end(child)}: try again")


def _build(pattern: str) -> Automaton:
    """Build the automaton in this process.

    outlines-core drops the transitions that leave an accepting state, although a longer text may match as well. So the
    end marker is appended to the expression. Only states after the whole marker are accepting for the library. A state
    is accepting for us if reading the marker from there leads to one of those.
    """
    _index(pattern)  # refuses an expression such as "a)(b", which would become valid within the group below
    try:
        index = _index(f"(?:{pattern}){_END_MARKER}")
    except ValueError:  # the expression ends with a comment, which would hide the closing parenthesis
        index = _index(f"(?:{pattern}\n){_END_MARKER}")
    ends, transitions = index.get_final_states(), index.get_transitions()
    numbers = {state: number for number, state in enumerate(transitions.keys() - ends)}
    dead = len(numbers)
    table = np.full((dead + 1, 256), dead, dtype=np.int32)
    leads_to_end = np.zeros(dead + 1, dtype=bool)
    for state, number in numbers.items():
        for byte, after in transitions[state].items():
            if after in ends:  # only the last byte of the end marker leads there
                leads_to_end[number] = True
            elif after in numbers:
                table[number, byte] = numbers[after]
    before_last_byte = reduce(lambda states, byte: table[states, byte], _END_MARKER.encode()[:-1], np.arange(dead + 1))
    return Automaton(numbers[index.get_initial_state()], table, leads_to_end[before_last_byte])


def _index(pattern: str) -> Index:
    """The library's automaton over a vocabulary of single bytes."""
    from outlines_core import Index, Vocabulary

    return Index(pattern, Vocabulary(_END_TOKEN, {bytes([byte]): [byte] for byte in range(256)}))


def _main() -> None:
    """Read an expression from standard input, and write its automaton to standard output."""
    try:
        import resource  # Windows has no such module

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_BYTES, _MAX_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # its end by the next limit leaves no file behind
        seconds = int(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # the first is told from a kill
    except (ImportError, ValueError, OSError):  # pragma: no cover - needs Windows
        pass
    pattern = sys.stdin.buffer.read().decode()
    try:
        automaton = _build(pattern)
    except ValueError:
        reason = _NOT_REGULAR
        try:
            re.compile(pattern)  # Python's messages are easier to read than the library's
        except re.error as error:
            reason = str(error)
        print(reason, file=sys.stderr)
        sys.exit(_REFUSED)
    archive = io.BytesIO()
    np.savez(archive, start=automaton.start, table=automaton.table, accepting=automaton.accepting)
    sys.stdout.buffer.write(archive.getvalue())


if __name__ == "__main__":
    _main()
