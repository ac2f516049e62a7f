"""One command in a process of its own that has all modules already, with limits on memory and CPU time."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import pkgutil
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S, GRACE_S, BLOCKED_S = 20, 8, 30.0
"""Seconds of CPU time until a Ctrl-C, and from there to the end; and of time without any, in which nothing comes."""
BYTES = 2 << 30
LONG = "time is up"
CRASHED = 70
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FINE = {"result", "one line", "usage", "long, said", "waits for a pipe"}
"""Kinds of outcomes that are as they should be."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    kind: str
    status: int
    out: str
    err: str


def import_all() -> None:
    """Import everything once, here, so that a case takes milliseconds."""
    import seqgen

    for module in pkgutil.walk_packages(seqgen.__path__, "seqgen."):
        if not module.name.endswith(("__main__", "lm_eval")):
            importlib.import_module(module.name)
    for name in ("matplotlib.pyplot", "sentencepiece", "tqdm", "torch.optim.swa_utils"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def behave(words: Sequence[str]) -> int:
    """Be a process of `seqgen` with these words, and return its status."""
    from seqgen.cli import main

    sys.argv = ["seqgen", *words]
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False))
    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        status = CRASHED
        os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    return status


def interrupt(*_: object) -> None:
    """When the CPU time is up: a Ctrl-C, once."""
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    (Path.cwd().parent / LONG).touch()
    os.kill(os.getpid(), signal.SIGINT)


def limit(patience_s: int) -> None:
    spent = time.process_time()
    soft = int(spent) + patience_s
    signal.signal(signal.SIGXCPU, interrupt)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, soft + GRACE_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, BYTES))
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def run(words: Sequence[str], folder: Path, *, patience_s: int = PATIENCE_S) -> Outcome:
    """Run a command in a folder, in a process of its own."""
    streams = [folder.parent / name for name in ("stdin", "stdout", "stderr")]
    (folder.parent / LONG).unlink(missing_ok=True)
    process = os.fork()
    if process == 0:
        status = CRASHED
        try:
            os.setsid()
            os.chdir(folder)
            for number, (path, mode) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
                os.dup2(os.open(path, mode | (os.O_CREAT | os.O_TRUNC if number else 0), 0o600), number)
            limit(patience_s)
            status = behave(words)
        finally:
            os._exit(status)
    code, is_blocked = wait_for(process)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    out, err = (path.read_text(encoding="utf-8", errors="replace") for path in streams[1:])
    is_long = (folder.parent / LONG).exists()
    if is_blocked:
        return Outcome("waits for a pipe" if "fifo" in " ".join(words) else "blocked", code, out, err)
    return Outcome(kind_of(words, code, out=out, err=err, is_long=is_long), code, out, err)


def wait_for(process: int) -> tuple[int, bool]:
    """The status of a process, and whether it was ended because it waited for something that never came."""
    spent, since = -1, time.monotonic()
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), False
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
        now = int(fields[11]) + int(fields[12])
        if now != spent or fields[0] != "S":  # neither at work, nor frozen, nor waiting for the disk
            spent, since = now, time.monotonic()
        elif time.monotonic() - since > BLOCKED_S:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return -signal.SIGKILL, True
        time.sleep(0.002 if time.monotonic() - since < 1 else 0.1)


def kind_of(words: Sequence[str], code: int, *, out: str, err: str, is_long: bool) -> str:
    """One word for what came of a command."""
    lines = [line for line in err.splitlines() if line.startswith("seqgen: ")]
    if code == CRASHED or "Traceback (most recent call last)" in err:
        return "memory" if "MemoryError" in err or "allocate memory" in err else "traceback"
    if code < 0:
        return "hang" if is_long else "death"
    if "Warning" in err:
        return "warning"
    if CONTROLS.search(err):
        return "controls"
    if is_long:
        return "long, said" if err.strip() else "long, silent"
    if code == 1 and "--check" not in words:
        return "one line" if len(lines) == 1 and err.rstrip("\n").endswith(lines[0]) else "not one line"
    return {0: "result", 1: "one line", 2: "usage"}.get(code, f"status {code}")
