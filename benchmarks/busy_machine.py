"""Training throughput beside other programs that keep cores busy, for several ways in which OpenMP's threads can wait.

    python benchmarks/busy_machine.py [--seconds 4] [--rounds 1] [--busy 0 1 2]

Each measurement is a process of its own, which takes training steps for some seconds. The other programs are endless
loops, one core each. Times vary on a shared machine; compare the columns of one row.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator

SETTINGS: dict[str, dict[str, str]] = {
    "PyTorch's default": {"GOMP_SPINCOUNT": "300000"},
    "spin 3,000": {"GOMP_SPINCOUNT": "3000"},
    "spin 1,000": {"GOMP_SPINCOUNT": "1000"},
    "spin 300": {"GOMP_SPINCOUNT": "300"},
    "passive": {"OMP_WAIT_POLICY": "PASSIVE"},
    "1 thread": {"OMP_NUM_THREADS": "1"},
    "seqgen": {},
}
"""Environment variables, which OpenMP reads when it is loaded. "seqgen" is what seqgen does by itself: 1,000 rounds of
spinning, and a thread count that follows the load of the machine. The others keep their thread count."""
CASES = {
    "lstm 1x256 float32": ("lstm", 256, "float32"),
    "lstm 1x512 bfloat16": ("lstm", 512, "bfloat16"),
    "gru 1x512 bfloat16": ("gru", 512, "bfloat16"),
    "transformer 4x128 float32": ("transformer", 128, "float32"),
}
_WORKER = """
import sys, time, torch, numpy as np
from seqgen.config import Budget
from seqgen.corpus import Streams
from seqgen.models import build_model
from seqgen.training.memory import keep_freed_memory
from seqgen.training.planning.problem import CorpusFacts, Problem
from seqgen.training.planning.resolve import resolve
from seqgen.training.schedule import Clock
from seqgen.training.threads import ThreadTuner
from seqgen.training.state import TrainingState
from seqgen.training.trainer import take_step
cell, width, precision, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
keep_freed_memory()
corpus = CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=100_000)
n_layer = 4 if cell == "transformer" else 1
settings = {"d_model": width, "n_layer": n_layer, "precision": precision}
resolved = resolve(cell, Problem(settings=settings, corpus=corpus, budget=Budget(epochs=3)))
config = resolved.training
state = TrainingState.fresh(build_model(resolved.model), config)
ids = np.random.default_rng(0).integers(0, 66, 1_000_000)
windows = Streams(ids, n_streams=config.n_streams, window=config.window)
clock = Clock(Budget(steps=10**6), tokens_per_epoch=len(ids))
tuner = ThreadTuner(most=torch.get_num_threads()) if sys.argv[5] == "seqgen" else None

def step():
    before = time.perf_counter()
    take_step(state, windows[state.window % (len(windows) - 1)], config=config, clock=clock, fraction=0.5)
    if tuner:
        tuner.after_step(time.perf_counter() - before)

step()
while tuner and tuner.is_trying:
    step()
started, n_steps = time.perf_counter(), 0
while time.perf_counter() - started < seconds:
    step()
    n_steps += 1
print(n_steps * config.n_streams * config.window / (time.perf_counter() - started))
"""


@contextlib.contextmanager
def busy_programs(n_programs: int) -> Iterator[None]:
    """Endless loops in processes of their own."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_programs)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def throughput(case: str, setting: str, seconds: float) -> float:
    """Tokens per second of one process."""
    variables = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in variables}
    arguments = [*map(str, CASES[case]), str(seconds), setting]
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, *arguments],
        env=environment | SETTINGS[setting],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    options = parser.parse_args()
    print(f"| model | busy programs | {' | '.join(options.settings)} |")
    print("| --- | ---: |" + " ---: |" * len(options.settings))
    for case, n_busy in itertools.product(options.cases, options.busy):
        with busy_programs(n_busy):
            rounds = [
                [throughput(case, setting, options.seconds) for setting in options.settings]
                for _ in range(options.rounds)
            ]
        medians = [statistics.median(rates) for rates in zip(*rounds, strict=True)]
        print(f"| {case} | {n_busy} | {' | '.join(f'{rate:,.0f}' for rate in medians)} |", flush=True)


if __name__ == "__main__":
    main()
