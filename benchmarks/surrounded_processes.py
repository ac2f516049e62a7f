"""How a command of `surroundings.py` runs in its surroundings: in a shell, or in a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path

from surrounded_commands import ROOT, Command, seqgen_command
from surrounding_kinds import BACK, GONE, Surrounding

Outcome = tuple[int, str, str, bool]
TICK_S = 0.05
MOST_TICKS = 6000
"""After so many a process hangs. A count instead of a time: this process may be stopped too."""
ASKED_TO_END = {-signal.SIGTERM, 128 + signal.SIGTERM}
"""The status of the shell or of the command after SIGTERM."""
READY = b"stop: Ctrl-C"
"""What a server says when it has begun."""
ENDINGS = {".png": b"IEND\xaeB`\x82", ".html": b"</html>", ".safetensors": b""}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str
    file_faults: tuple[str, ...]
    has_hung: bool


def run_in(surrounding: Surrounding, command: Command, workshop: Path) -> Ended:
    """Run a command, with copies of its inputs in a folder of its own."""
    here = Path(tempfile.mkdtemp(dir=workshop.parent))
    try:
        shutil.copytree(workshop, here / "inputs")
        for name in ("out", "cache", "back", "gone"):
            (here / name).mkdir()
        (here / "back" / "sitecustomize.py").write_text(BACK)
        (here / "gone" / "sitecustomize.py").write_text(GONE)
        words = command.words.replace("W/", f"{here}/inputs/").replace("OUT/", f"{here}/out/")
        line = surrounding.shell.replace("CMD", seqgen_command(words)).replace("HERE", str(here))
        run = _run_in_terminal if surrounding.columns is not None else _run_in_pipes
        line = f"set -o pipefail; {line}"
        status, stdout, stderr, has_hung = run(line, here, surrounding=surrounding, command=command)
        if command.ends_after_s is not None and status in ASKED_TO_END:
            status = 0
        stdout, stderr = (text.replace(str(here), "HERE") for text in (stdout, stderr))
        wrong = tuple(_file_faults(here))
        return Ended(status=status, stdout=stdout, stderr=stderr, file_faults=wrong, has_hung=has_hung)
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", here], check=False)
        shutil.rmtree(here, ignore_errors=True)


def environment(here: Path) -> dict[str, str]:
    """What a command finds in normal surroundings."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(here.parent),
        "SEQGEN_CACHE": str(here / "cache"),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",  # a limit on file sizes would spoil what Python keeps of compiled modules
    }


def _run_in_pipes(line: str, here: Path, *, surrounding: Surrounding, command: Command) -> Outcome:
    with (here / "stdout").open("w+b") as out, (here / "stderr").open("w+b") as err:
        process = subprocess.Popen(
            ["bash", "-c", line], stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=environment(here),
            cwd=here / "out", start_new_session=True,
        )  # fmt: skip
        has_hung = _wait(process, here, surrounding=surrounding, command=command)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
    return process.returncode, texts[0], texts[1], has_hung


def _run_in_terminal(
    line: str, here: Path, *, surrounding: Surrounding, command: Command
) -> tuple[int, str, str, bool]:
    """The same in a terminal, which may close: then all that was seen is what it showed until then."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(
        theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 5 if surrounding.columns else 0, surrounding.columns, 0, 0)
    )
    process = subprocess.Popen(
        ["bash", "-c", f"exec 3<&0; {line}"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=here / "out",
        env={**environment(here), "TERM": "xterm-256color"}, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(theirs)
    seen, has_hung = _watch(process, ours, surrounding=surrounding, command=command)
    os.close(ours)
    has_hung = has_hung or _wait(process, here, surrounding=surrounding, command=command)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode("utf-8", "backslashreplace")).replace("\r\n", "\n")
    errors = [line for line in text.splitlines() if re.search("seqgen:|Traceback|Error", line)]
    return process.returncode, text, "\n".join(errors), has_hung


def _watch(
    process: subprocess.Popen[bytes], ours: int, *, surrounding: Surrounding, command: Command
) -> tuple[bytes, bool]:
    """What a terminal shows until its process ends or it closes, and whether the process has hung."""
    seen, closes = bytearray(), -1 in surrounding.statuses
    for tick in range(MOST_TICKS):
        ready, _, _ = select.select([ours], [], [], TICK_S)
        try:
            seen += os.read(ours, 65536) if ready else b""
        except OSError:  # nothing has the terminal open any more
            break
        if closes and (seen or tick * TICK_S > 1.5):
            break
        if process.poll() is not None and not ready:
            break
        if tick % 40 == 39 and process.poll() is None and "write" in command.words:
            os.write(ours, b"\x11")  # ^Q
        if _is_time_to_end(command, tick, bytes(seen)):
            return bytes(seen), _ask_to_end(process)
        if process.poll() is not None:
            time.sleep(TICK_S)
    return bytes(seen), False


def _wait(process: subprocess.Popen[bytes], here: Path, *, surrounding: Surrounding, command: Command) -> bool:
    """Wait for the end, and let the event happen. True if there was no end."""
    has_happened, shown = surrounding.event is None, here / "stderr"
    for tick in range(MOST_TICKS):
        if process.poll() is not None:
            return False
        if not has_happened and surrounding.event is not None and tick * TICK_S >= surrounding.event_after_s:
            surrounding.event(process, here)
            has_happened = True
        if _is_time_to_end(command, tick, shown.read_bytes() if shown.exists() else b""):
            return _ask_to_end(process)
        time.sleep(TICK_S)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def _is_time_to_end(command: Command, tick: int, shown: bytes) -> bool:
    """Whether a command that does not end by itself has begun its work, or could have."""
    return command.ends_after_s is not None and (READY in shown or tick * TICK_S >= command.ends_after_s)


def _ask_to_end(process: subprocess.Popen[bytes]) -> bool:
    """Ask the shell and the command to end, and wait until both have. True if they have not."""
    os.killpg(process.pid, signal.SIGTERM)
    for _ in range(MOST_TICKS):
        if process.poll() is not None and not _has_group(process.pid):
            return False
        time.sleep(TICK_S)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def _has_group(number: int) -> bool:
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def _file_faults(here: Path) -> list[str]:
    """Files that are not whole, and temporary ones that were left."""
    wrong = []
    for path in (path for path in here.rglob("*") if path.is_file()):
        if path.name.endswith(".part"):
            wrong.append(f"left {path.name}")
        if not path.read_bytes().rstrip().endswith(ENDINGS.get(path.suffix, b"")):
            wrong.append(f"half of {path.name}")
    return wrong
