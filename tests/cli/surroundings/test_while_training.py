"""What happens around a training run that is under way costs nothing that was learned."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

from seqgen.run import load_checkpoint, open_model
from tests.cli.surroundings.processes import in_terminal, posix
from tests.tiny import TEXT, metrics_lines

SHAPE = "--width 16 --streams 4 --window 16 --device cpu --from none --steps 1000000"
CLOCK_SET_BACK = """
import time
begun, real = time.monotonic(), time.time
time.time = lambda: real() - 3600 * (time.monotonic() - begun)
from seqgen.cli import main
main()
"""
"""Runs seqgen while the clock goes back by an hour a second."""


@posix
def test_what_vanishes_around_a_run_costs_nothing(own_cache: Path, tmp_path: Path) -> None:
    """Cache, text and working folder are deleted, the process is stopped for a while, and its terminal closes."""
    work, run = tmp_path / "work", tmp_path / "run"
    work.mkdir()
    (work / "story.txt").write_text(TEXT, encoding="utf-8")
    words = f"train story.txt {SHAPE} --set evaluate_every=5 --out {run}".split()
    with in_terminal(*words, program=CLOCK_SET_BACK, folder=work) as terminal:
        terminal.read_until(b"best so far")
        shutil.rmtree(own_cache)
        shutil.rmtree(work)
        os.kill(terminal.process.pid, signal.SIGSTOP)
        time.sleep(0.2)
        os.kill(terminal.process.pid, signal.SIGCONT)
        terminal.shown.clear()
        terminal.read_until(b"best so far")
    assert terminal.process.wait() == 128 + signal.SIGHUP
    progress, best = load_checkpoint(run).record.progress, open_model(run).record.progress
    assert progress.step >= best.step >= 10
    times = [line["elapsed_s"] for line in metrics_lines(run) if line["report"] == "step"]
    assert len(times) == progress.step
    assert times[0] > 0 and times == sorted(times)
