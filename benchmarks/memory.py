"""Watches memory, open files and speed of long work. Memory and files must not grow with its length.

    python benchmarks/memory.py train corpora/stories.txt --steps 20000 --cell lstm
    python benchmarks/memory.py sample RUN --count 10000 --length 1000
    python benchmarks/memory.py sample RUN --length 1000000
    python benchmarks/memory.py read FOLDER --megabytes 20 2000

`train` and `sample` print a row for each quarter of the work: its speed, the memory of the process at its end and at
its peak so far, and its open files. `read` writes texts of these sizes into the folder, trains on each for a few steps
in a process of its own, and prints the peak of its memory. Works only on Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import get_args

from seqgen.config import Budget, Cell, CorpusConfig
from seqgen.training import Session, StepReport, TrainingRequest

_SETTINGS = {"d_model": 16, "n_streams": 2, "window": 16}
"""A small model, so that steps are fast."""
_STORIES = Path(__file__).resolve().parent.parent / "corpora" / "stories.txt"
_SAVE_EVERY_S = 5.0
"""Reports wait in memory for the next save. Saves are so frequent that it is not they that grow."""
_N_ROWS = 4
_CHUNK_BYTES = 1 << 16
_LINES_AT_ONCE = 100_000
_READ = "--steps 50 --cell lstm --width 32 --streams 8 --window 32 --device cpu --set valid_tokens=45000"


class Rows:
    """The rows of a table: one as soon as each quarter of the work is done."""

    def __init__(self, unit: str, total: int, *, pid: int) -> None:
        self._total, self._pid = total, pid
        self._n_rows, self._done, self._at = 0, 0, time.monotonic()
        print(
            f"| {unit} | {unit} per second | MB now | MB at most | open files |\n| ---: | ---: | ---: | ---: | ---: |"
        )

    def reach(self, done: int) -> None:
        """Print the row of a quarter that is complete with so much."""
        if done * _N_ROWS < (self._n_rows + 1) * self._total:
            return
        now = time.monotonic()
        speed = (done - self._done) / (now - self._at)
        resident, peak, n_files = usage(self._pid)
        print(f"| {done:,} | {speed:,.0f} | {resident:,.0f} | {peak:,.0f} | {n_files} |", flush=True)
        self._n_rows, self._done, self._at = self._n_rows + 1, done, now


def usage(pid: int) -> tuple[float, float, int]:
    """Megabytes of a process now and at its peak, and how many files it has open."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = {
        name: float(value.split()[0])
        for name, _, value in (line.partition(":") for line in lines)
        if value.endswith(" kB")
    }
    return kilobytes["VmRSS"] / 1e3, kilobytes["VmHWM"] / 1e3, len([*Path(f"/proc/{pid}/fd").iterdir()])


def train(options: argparse.Namespace) -> None:
    """Train in this process, with validations and saves."""
    with tempfile.TemporaryDirectory() as folder:
        request = TrainingRequest(
            corpus=CorpusConfig(paths=(options.place,)),
            cell=options.cell,
            settings=_SETTINGS,
            budget=Budget(steps=options.steps),
            folder=Path(folder) / "run",
            save_every_s=_SAVE_EVERY_S,
        )
        rows = Rows("steps", options.steps, pid=os.getpid())
        for report in Session.start(request).reports():
            if isinstance(report, StepReport):
                rows.reach(report.step)


def sample(options: argparse.Namespace) -> None:
    """Watch the command from outside, and count what it prints."""
    words = ["sample", options.place, "--count", str(options.count), "--length", str(options.length), "--seed", "0"]
    with subprocess.Popen([sys.executable, "-m", "seqgen", *words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        rows, n_bytes = Rows("characters", options.count * options.length, pid=process.pid), 0
        while chunk := os.read(process.stdout.fileno(), _CHUNK_BYTES):
            n_bytes += len(chunk)
            rows.reach(n_bytes)


def read(options: argparse.Namespace) -> None:
    """Train on texts of several sizes."""
    print("| MB of text | MB at most | seconds |\n| ---: | ---: | ---: |")
    for megabytes in options.megabytes:
        text, run = Path(options.place) / f"{megabytes}.txt", Path(options.place) / f"run-{megabytes}"
        write_text(text, 1_000_000 * megabytes)
        started = time.monotonic()
        command = [sys.executable, "-m", "seqgen", "train", str(text), *_READ.split(), "--out", str(run)]
        process = subprocess.Popen(command, env=os.environ | {"SEQGEN_CACHE": f"{options.place}/cache"})
        _, status, used = os.wait4(process.pid, 0)
        if status == 0:
            print(f"| {megabytes:,} | {used.ru_maxrss / 1e3:,.0f} | {time.monotonic() - started:.0f} |", flush=True)


def write_text(path: Path, n_bytes: int) -> None:
    """A text of lines of the stories in random order. No long passage of it comes twice."""
    draw, lines = random.Random(0), _STORIES.read_text(encoding="utf-8").splitlines(keepends=True)
    with path.open("wb") as file:
        while (left := n_bytes - file.tell()) > 0:
            file.write("".join(draw.choices(lines, k=_LINES_AT_ONCE)).encode()[:left])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=("train", "sample", "read"))
    parser.add_argument("place", help="a text, a run or a folder")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--cell", choices=get_args(Cell), default="lstm")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--length", type=int, default=1_000)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[20, 2_000])
    options = parser.parse_args()
    {"train": train, "sample": sample, "read": read}[options.work](options)


if __name__ == "__main__":
    main()
