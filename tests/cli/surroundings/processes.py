"""`seqgen` as a real process: in a shell that closes or limits something first, or in a terminal of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="this shell and its terminals are for POSIX")
_NO_RIGHTS = "-dac_override,-dac_read_search,-fowner"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def error(self) -> str:
        """The only error on stderr. A busy machine tells beside it what it is waiting for."""
        assert "Traceback" not in self.stderr
        (line,) = (line for line in self.stderr.splitlines() if line.startswith("seqgen: "))
        return line


def shell(line: str, **environment: str) -> Ended:
    """Run a shell command in which `seqgen` is this one; its status is that of the first command that fails."""
    program = f'unset PYTHONUNBUFFERED; seqgen() {{ "{sys.executable}" -m seqgen "$@"; }}; set -o pipefail; {line}'
    done = subprocess.run(["bash", "-c", program], capture_output=True, env={**os.environ, **environment}, check=False)
    return Ended(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def without_rights() -> str:
    """What makes a shell command respect permissions even for root; skips the test where nothing does."""
    if os.geteuid() != 0:
        return ""
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv")
    return f"setpriv --bounding-set={_NO_RIGHTS} --inh-caps={_NO_RIGHTS}"


@dataclass
class Terminal:
    """A process in a terminal of its own, and what it has shown."""

    process: subprocess.Popen[bytes]
    handle: int
    shown: bytearray = field(default_factory=bytearray)

    def read_until(self, words: bytes) -> None:
        """Read what is shown until it has these words, or until the end."""
        while words not in self.shown:
            try:
                block = os.read(self.handle, 65536)
            except OSError:  # the process has ended
                return
            if not block:
                return
            self.shown += block

    def lines(self) -> list[str]:
        """All lines until the end, without escape sequences and what was overwritten."""
        self.read_until(b"\0 is never shown")
        self.process.wait()
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.shown.decode("utf-8"))
        return [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")]


@contextlib.contextmanager
def in_terminal(
    *arguments: str, columns: int = 80, program: str = "", folder: Path | None = None
) -> Iterator[Terminal]:
    """Run `seqgen`, or a program that does, in a terminal of so many columns, which closes when the block ends."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 5, columns, 0, 0))
    start = ["-c", program] if program else ["-m", "seqgen"]
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    with subprocess.Popen(
        [sys.executable, *start, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm"},
        cwd=folder,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as process:
        os.close(theirs)
        try:
            yield Terminal(process, ours)
        finally:
            os.close(ours)
