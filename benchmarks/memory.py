"""Trains for many steps and prints the memory of the process now and then. It must not grow.

python benchmarks/memory.py TEXT [--steps 10000] [--cell lstm]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import get_args

from seqgen.config import Budget, Cell, CorpusConfig
from seqgen.training import Session, StepReport, TrainingRequest

_SETTINGS = {"d_model": 64, "n_streams": 16, "window": 32, "evaluate_every": 10**9}
"""A small model, so that steps are fast; it is never validated, so that nothing but training uses memory."""
_N_LINES = 10
"""Lines to print, evenly spaced over the steps."""


def resident_mb() -> float:
    """Resident memory of this process in megabytes. Works only on Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])  # the second number counts resident pages
    return pages * 4096 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--cell", choices=get_args(Cell), default="lstm")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        request = TrainingRequest(
            corpus=CorpusConfig(paths=(options.text,)),
            cell=options.cell,
            settings=_SETTINGS,
            budget=Budget(steps=options.steps),
            folder=Path(folder) / "run",
        )
        every = max(1, options.steps // _N_LINES)
        for report in Session.start(request).reports():
            if isinstance(report, StepReport) and (report.step == 100 or report.step % every == 0):
                print(f"step {report.step:,}: {resident_mb():.0f} MB", flush=True)


if __name__ == "__main__":
    main()
