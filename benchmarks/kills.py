"""Stops training runs at random moments, resumes them, and compares them with runs that were never stopped.

    python benchmarks/kills.py --rounds 20

Each round stops one run of each kind one to three times, by SIGKILL, SIGTERM, SIGINT or SIGHUP, and resumes it each
time. Everything is saved every fifth of a second instead of every minute, so that most runs are stopped in or near a
save. At the end, all tensors of the checkpoint and of the best model must be the same bytes, and `metrics.jsonl` must
have the same lines, but for the times in them. What is printed counts the runs in which something differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from seqgen.container import read_container

ROOT = Path(__file__).resolve().parent.parent
OFTEN = (
    "import sys; sys.argv += ['--save-every', '0.2s']; import seqgen.training.save_schedule as schedule; "
    "schedule.MOST_SHARE = 1; from seqgen.cli import main; main()"  # however much of the time it takes
)
SHAPE = "--width 24 --streams 4 --window 16 --steps 240 --device cpu --set evaluate_every=40 --set precision=float32"
KINDS = {
    "lstm, char, dropout, documents": "stories.txt --cell lstm --dropout 0.2 --documents blank-line",
    "gru, word": "stories.txt --cell gru --tokenizer word --vocab-size 500",
    "rnn, byte, windows that vary": "stories.txt --cell rnn --tokenizer byte --set vary_window=true",
    "mingru, char, no average": "stories.txt --cell mingru --set average=none",
    "transformer, sentencepiece": "stories.txt --cell transformer --memory 16 --tokenizer sentencepiece",
    "gru, pairs, attention": "plurals.tsv --pairs --cell gru",
    "lstm, labels": "moods.tsv --pairs --cell lstm",
}
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TIMES = ("elapsed_s", "took_s", "fraction")
MOST_RESUMES = 3


def seqgen(*arguments: str, folder: Path) -> subprocess.Popen[bytes]:
    """A training run in a process of its own."""
    command = [sys.executable, "-c", OFTEN, "train", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def contents(run: Path) -> dict[str, Any]:
    """Everything that two equal runs have in common, by what it is called in the table."""
    last = read_container(run / "last.safetensors", "checkpoint").tensors
    model = read_container(run / "model.safetensors", "model").tensors
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return {
        "checkpoint": {name: array.tobytes() for name, array in last.items() if not name.startswith("clock.elapsed")},
        "model": {name: array.tobytes() for name, array in model.items()},
        "metrics": [{name: value for name, value in line.items() if name not in TIMES} for line in lines],
    }


def stop_and_resume(options: list[str], *, folder: Path, took_s: float, draw: random.Random) -> int:
    """Train a run to its end, stopped a few times on the way. Returns how often it was stopped."""
    run, n_stops = folder / "run", 0
    process = seqgen(*options, "--out", "run", folder=folder)
    for _ in range(draw.randint(1, MOST_RESUMES)):
        deadline = time.monotonic() + 120
        while not (run / "last.safetensors").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, took_s))
        if process.poll() is not None:
            break
        process.send_signal(draw.choice(SIGNALS))
        process.wait()
        n_stops += 1
        process = seqgen("--resume", "run", folder=folder)
    process.wait()
    return n_stops


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="seed of the first round")
    arguments = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    with tempfile.TemporaryDirectory() as name:
        os.environ["SEQGEN_CACHE"] = str(Path(name) / "cache")
        for kind, options in KINDS.items():
            corpus, *rest = options.split()
            words = [str(ROOT / "corpora" / corpus), *rest, *SHAPE.split()]
            whole = Path(name) / kind / "whole"
            whole.mkdir(parents=True)
            started = time.monotonic()
            seqgen(*words, "--out", "run", folder=whole).wait()
            took_s = (time.monotonic() - started) / 3
            expected = contents(whole / "run")
            for number in range(arguments.first, arguments.first + arguments.rounds):
                folder = Path(name) / kind / str(number)
                folder.mkdir()
                counts[kind]["runs"] += 1
                counts[kind]["stops"] += stop_and_resume(
                    words, folder=folder, took_s=took_s, draw=random.Random(f"{kind} {number}")
                )
                counts[kind].update(differences(folder / "run", expected))
            print(f"{kind}: {dict(counts[kind])}", flush=True)


def differences(run: Path, expected: dict[str, Any]) -> Counter[str]:
    """What is not as in the run that was never stopped."""
    found: Counter[str] = Counter()
    actual = contents(run)
    for what, value in expected.items():
        found[f"{what} differs"] += actual[what] != value
    found["temporary files"] += len(list(run.glob(".*.part")))
    return found


if __name__ == "__main__":
    main()
