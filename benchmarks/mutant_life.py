"""The life of a mutant for `mutants.py`: a forked process with one changed function, and the tests it must pass."""

from __future__ import annotations

import gc
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutant_kinds import Mutant

MOST_S = 2.0
"""Seconds of tests that a mutant has to survive. The slowest are left out."""
MOST_WAITED_S = 120
"""Seconds until a mutant that waits for something is ended."""
MEMORY_BYTES = 3 << 30
CACHES: list[Any] = []
"""Functions that remember what they returned."""


@dataclass
class Suite:
    """The tests of a group, run once."""

    items: list[pytest.Item]
    tests_of_line: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    """How long each of the tests takes that pass a second time, in a forked process."""
    kills: Counter[int] = field(default_factory=Counter)

    def tests_for(self, mutant: Mutant) -> list[int]:
        """The tests that run the mutant's lines, the likeliest to fail soon first."""
        path = str(mutant.path)
        found = {test for line in self.lines_of(mutant) for test in self.tests_of_line.get((path, line), ())}
        chosen, total_s = [], 0.0
        for test in sorted(found & self.seconds.keys(), key=lambda t: self.seconds[t] / (1 + self.kills[t])):
            total_s += self.seconds[test]
            if total_s < MOST_S:
                chosen.append(test)
        return chosen

    def lines_of(self, mutant: Mutant) -> Iterable[int]:
        """Those of the mutant. A constant, or what is remembered, is noticed where it is named, or else anywhere."""
        path, (name, first_line) = str(mutant.path), mutant.owner
        if first_line and not is_cached(path, name):
            return mutant.lines
        source = mutant.path.read_text(encoding="utf-8").splitlines()
        lines = [line for (file, line), tests in self.tests_of_line.items() if file == path and tests]
        return [line for line in lines if re.search(rf"\b{name}\b", source[line - 1])] or lines


def is_cached(path: str, name: str) -> bool:
    """Whether a function remembers what it returned, so that only the first test runs it."""
    codes = [cached.__wrapped__.__code__ for cached in CACHES]
    return any((code.co_filename, code.co_qualname) == (path, name) for code in codes)


def run_item(item: pytest.Item, following: object) -> bool:
    """Run one test; true if it passed."""
    reports = runtestprotocol(item, nextitem=following, log=False)  # type: ignore[arg-type]
    return not any(report.failed for report in reports)


def use_own_folder(session: pytest.Session) -> None:
    """Let the temporary folders of this process lie in a folder that its parent removes."""
    folder = scratch(os.getpid())
    folder.mkdir(parents=True)
    session.config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]


def scratch(pid: int) -> Path:
    return Path(tempfile.gettempdir()) / f"mutants-{pid}"


def functions_in(modules: list[Path]) -> dict[tuple[str, str, int], list[FunctionType]]:
    """The functions of the modules, by file, name and first line."""
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    names = {str(path) for path in modules}
    for thing in gc.get_objects():
        if type(thing).__name__ == "_lru_cache_wrapper" and str(thing.__module__).startswith("seqgen"):
            CACHES.append(thing)
        elif type(thing) is FunctionType and thing.__code__.co_filename in names:
            code = thing.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(thing)
    return found


def put_in(mutant: Mutant, functions: dict[tuple[str, str, int], list[FunctionType]]) -> None:
    """Change the running program."""
    name, line = mutant.owner
    if line:
        for function in functions[str(mutant.path), name, line]:
            function.__code__ = mutant.code
    else:
        put_in_constant(mutant.path, name, mutant.code)
    for cached in CACHES:
        cached.cache_clear()


def put_in_constant(path: Path, name: str, code: CodeType) -> None:
    """Give a constant another value, in its module and in those that have imported it."""
    home = next(m for m in sys.modules.values() if getattr(m, "__file__", None) == str(path))
    old, new = getattr(home, name), eval(code, vars(home))
    for module in list(sys.modules.values()):
        if module.__name__.startswith(("seqgen", "tests")) and vars(module).get(name) is old:
            setattr(module, name, new)


def fate_of(mutant: Mutant, suite: Suite, *, session: pytest.Session, functions: Any) -> str:
    """`killed`, `survived`, `not run` by any test, or `broken`: it cannot be put in."""
    tests = suite.tests_for(mutant)
    if not tests:
        return "not run"
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        signal.setitimer(signal.ITIMER_PROF, 10 * sum(suite.seconds[test] for test in tests) + 1)
        signal.alarm(MOST_WAITED_S)
        live(mutant, tests, writer=writer, session=session, functions=functions)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    shutil.rmtree(scratch(pid), ignore_errors=True)
    if said.isdigit():
        suite.kills[int(said)] += 1
    return said if said in ("survived", "broken") else "killed"


def live(mutant: Mutant, tests: list[int], *, writer: int, session: pytest.Session, functions: Any) -> None:
    """What the forked process does: run tests until one fails, and say which."""
    said = "broken"
    gc.disable()  # a collection would copy the memory that is shared with the parent
    try:
        use_own_folder(session)
        put_in(mutant, functions)
        said = "died"
        said = next((str(test) for test in tests if not run_item(session.items[test], session)), "survived")
    finally:
        os.write(writer, said.encode())
        os._exit(0)
