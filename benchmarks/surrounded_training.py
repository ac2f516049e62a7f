"""What happens around a long training run, for `surroundings.py --training`: afterwards the last save must load."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from surrounded_commands import SHAPE
from surrounded_processes import MOST_TICKS, TICK_S, environment
from surrounding_kinds import BACK, ORDINARY

from seqgen.errors import SeqgenError
from seqgen.run import load_checkpoint, open_model

BUDGET = "--steps 10000 --save-every 0.2s"
WHILE_S = 3
Event = Callable[[subprocess.Popen[str], Path], None]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What happens while a run is trained, and how it must end."""

    event: Event
    status: int = 0
    run: str = "run"
    """Where its folder is afterwards; empty if it is nowhere."""
    shell: str = "CMD"
    remedy: str = ""
    """Words that must be in the last line on stderr."""


def remove(name: str) -> Event:
    return lambda _, here: shutil.rmtree(here / name)


def send(number: int) -> Event:
    return lambda process, _: os.kill(process.pid, number)


def pause(process: subprocess.Popen[str], _: Path) -> None:
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(8)
    os.kill(process.pid, signal.SIGCONT)


def limited(kind: int, value: int) -> Event:
    """Take something away for a while."""

    def limit(process: subprocess.Popen[str], _: Path) -> None:
        soft, hard = resource.prlimit(process.pid, kind)
        resource.prlimit(process.pid, kind, (value, hard))
        time.sleep(WHILE_S)
        resource.prlimit(process.pid, kind, (soft, hard))

    return limit


def forbid(process: subprocess.Popen[str], here: Path) -> None:
    (here / "run").chmod(0o500)
    time.sleep(WHILE_S)
    (here / "run").chmod(0o700)


def rename(_: subprocess.Popen[str], here: Path) -> None:
    (here / "run").rename(here / "moved")


CASES = {
    "nothing": Case(event=lambda *_: None),
    "run folder deleted": Case(event=remove("run"), status=1, run="run-rescued", remedy="--resume"),
    "run folder renamed": Case(event=rename, status=1, run="run-rescued", remedy="--resume"),
    "run folder read-only for a while": Case(event=forbid, shell=f"exec {ORDINARY} CMD"),
    "cache deleted": Case(event=remove("cache")),
    "text deleted": Case(event=lambda _, here: (here / "inputs" / "story.txt").unlink()),
    "working folder deleted": Case(event=remove("out")),
    "terminal closes": Case(event=send(signal.SIGHUP), status=129, remedy="--resume"),
    "kill": Case(event=send(signal.SIGTERM), status=143, remedy="--resume"),
    "Ctrl-C": Case(event=send(signal.SIGINT), status=130, remedy="--resume"),
    "stopped for eight seconds": Case(event=pause),
    "clock set back": Case(event=lambda *_: None, shell="export PYTHONPATH=HERE/back:$PYTHONPATH; exec CMD"),
    "no file handles for a while": Case(event=limited(resource.RLIMIT_NOFILE, 3)),
    "no file may grow for a while": Case(event=limited(resource.RLIMIT_FSIZE, 100)),
    "no more memory for a while": Case(event=limited(resource.RLIMIT_AS, 1), status=1, remedy="not enough memory"),
}  # fmt: skip


def run_training(workshop: Path, only: str) -> None:
    """Run all cases, and print a line for each, and one for all."""
    n_wrong = n_named = 0
    names = [name for name in CASES if re.search(only, name)]
    print("| what happens | status | last line | saved at step | resumes |\n| --- | --- | --- | --- | --- |")
    for name in names:
        here = Path(tempfile.mkdtemp(dir=workshop.parent))
        shutil.copytree(workshop, here / "inputs")
        for folder in ("out", "cache", "back"):
            (here / folder).mkdir()
        (here / "back" / "sitecustomize.py").write_text(BACK)
        row = _try(CASES[name], here)
        n_wrong += any("WRONG" in column or "LEFT" in column for column in row)
        n_named += bool(CASES[name].remedy) and "WRONG" not in row[0]
        print(f"| {name} | {' | '.join(row)} |", flush=True)
        shutil.rmtree(here)
    n_remedies = sum(bool(CASES[name].remedy) for name in names)
    print(f"tried: {len(names)}; lost or wrong: {n_wrong}; remedy named: {n_named} of {n_remedies}")


def _try(case: Case, here: Path) -> tuple[str, str, str, str]:
    words = f"train {here}/inputs/story.txt {SHAPE.replace('--steps 20', BUDGET)} --dropout 0.1 --out {here}/run"
    command = f"{sys.executable} -m seqgen {words}"
    line = case.shell.replace("CMD", command).replace("HERE", str(here))
    line = line if line.startswith(("exec", "export")) else f"exec {line}"
    with (here / "stderr").open("w+") as err:
        process = subprocess.Popen(
            ["bash", "-c", line], stderr=err, stdout=err, text=True, cwd=here / "out", env=environment(here)
        )
        _wait_for(lambda: process.poll() is not None or (here / "run" / "last.safetensors").exists())
        case.event(process, here)
        _wait_for(lambda: process.poll() is not None)
        has_hung = process.poll() is None
        process.kill()
        status = process.wait()
        err.seek(0)
        lines = err.read().replace(str(here), "HERE").splitlines()
    wrong = "" if status == case.status and case.remedy in lines[-1] and not has_hung else "WRONG "
    wrong += "TRACEBACK " if any("Traceback" in line for line in lines) else ""
    noted = [line for line in lines if "not saved" in line or "paused" in line or " again" in line]
    said = "; ".join([*noted, lines[-1]])
    return (f"{wrong}{status}", said, *_saved(here / case.run)) if case.run else (f"{wrong}{status}", said, "-", "-")


def _saved(run: Path) -> tuple[str, str]:
    try:
        open_model(str(run))
        progress = load_checkpoint(run).record.progress
    except SeqgenError as error:
        return f"WRONG {error}", "-"
    left = [path.name for path in run.iterdir() if path.name.endswith(".part")]
    resume = [sys.executable, "-m", "seqgen", "train", "--resume", str(run), "--steps", str(progress.step + 5)]
    again = subprocess.run(resume, capture_output=True, text=True, check=False, env=environment(run.parent))
    step = f"{progress.step} ({progress.elapsed_s:.1f} s){' LEFT ' + left[0] if left else ''}"
    return step, "yes" if again.returncode == 0 else f"WRONG {again.stderr.splitlines()[-1]}"


def _wait_for(is_there: Callable[[], bool]) -> None:
    for _ in range(MOST_TICKS):
        if is_there():
            return
        time.sleep(TICK_S)
