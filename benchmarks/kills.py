"""Stops training runs at random moments, resumes them, and compares them with runs that were never stopped.

    python benchmarks/kills.py --rounds 10

Each round stops one run of each kind one to three times and resumes it each time: by a signal, by an exception in a
step, or after a disk was full for a while. Everything is saved every few steps instead of every minute, so that most
runs are stopped in or near a save. At the end, all tensors of the checkpoint and of the best model must be the same
bytes, `metrics.jsonl` must have the same lines but for the times in them, and no other file may be left. The table
counts how often each kind was stopped in which way, and the runs in which something differs.

The runs lie on a small disk in memory, which only this script and its children see and fill: Linux with `unshare`. Each
training run is a process of its own, forked from one that has loaded PyTorch and never computed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from accidents import WAYS, begin, log_of, stop

from seqgen.container import read_container

ROOT = Path(__file__).resolve().parent.parent
SHAPE = (
    "--width 12 --streams 4 --window 12 --precision float32 --set evaluate_every=10 "
    "--set valid_tokens=2000 --set ngram_order=none --set ngram_expert=false"
)
STEPS = "--steps 60"
KINDS = {
    "lstm, char, dropout, documents": "stories.txt --cell lstm --layers 2 --dropout 0.2 --documents blank-line",
    "gru, word, dropped weights, windows that vary": (
        "stories.txt --cell gru --tokenizer word --vocab-size 300 --set weight_drop=0.2 --set vary_window=true"
    ),
    "rnn, byte, backward, AdamW": "verse.txt --cell rnn --tokenizer byte --backward --set optimizer=adamw",
    "mingru, char, no average, one stream": "verse.txt --cell mingru --set average=none --streams 1",
    "transformer, sentencepiece, 16 streams": (
        "stories.txt --cell transformer --memory 16 --tokenizer sentencepiece --vocab-size 400 --streams 16"
    ),
    "transformer, whitespace, dropout, no validation": (
        "stories.txt --cell transformer --tokenizer whitespace --dropout 0.1 --valid-fraction 0"
    ),
    "lstm, hashed n-grams, dropout": (
        "stories.txt --cell lstm --set ngram_order=3 --set ngram_rows=512 --set ngram_dropout=0.2"
    ),
    "gru, lines, epochs, patience": "names.txt --cell gru --documents line --epochs 0.3 --patience 3",
    "gru, pairs, attention, encoder both ways": (
        "plurals.tsv --pairs --cell gru --encoder bidirectional --attention --dropout 0.1"
    ),
    "lstm, pairs, encoder, two tokenizers": (
        "dates.tsv --pairs --cell lstm --encoder forward --no-attention --tokenizer word --target-tokenizer byte"
    ),
    "rnn, pairs, attention": "plurals.tsv --pairs --cell rnn --attention",
    "transformer, pairs without encoder": "plurals.tsv --pairs --cell transformer --encoder none",
    "mingru, labels": "moods.tsv --pairs --cell mingru --tokenizer word",
}
"""The text in `corpora/`, and options."""
TIMES = ("elapsed_s", "took_s")
FILES = {"model.safetensors", "last.safetensors", "previous.safetensors", "metrics.jsonl"}
MOST_STOPS = 3
RESCUED = "run-rescued*"
DISK_BYTES = 96_000_000
WRONG = ("something lost", "lines missing", "lines too many", "order of lines", "files left", "did not go on")
"""What is counted, beside the stops. None of it must happen."""


def stopped_run(words: list[str], folder: Path, *, draw: random.Random) -> tuple[Path, Counter[str]]:
    """Train a run to its end, stopped a few times on the way.

    Returns where it ended, and how often it was stopped in which way; each way comes first in its turn.
    """
    run, counts = folder / "run", Counter[str]()
    ways = [WAYS[int(folder.name) % len(WAYS)], *draw.choices(WAYS, k=draw.randint(0, MOST_STOPS - 1))]
    for way in ways:
        run = _where_to_go_on(run, draw)
        process = begin(_next_words(words, run), folder, draw=draw, way=way)
        stop(process, way, disk=folder.parent, draw=draw)
        if process.exitcode == 0:
            return run, counts
        counts[way] += 1
        counts[f"{way} said how to go on"] += "--resume" in log_of(folder).read_text(encoding="utf-8")
    run = _where_to_go_on(run, draw)
    process = begin(_next_words(words, run), folder, draw=draw)
    process.join()
    if process.exitcode != 0:
        counts["did not go on"] += 1
        print(log_of(folder).read_text(encoding="utf-8"), file=sys.stderr)
    return run, counts


def _where_to_go_on(run: Path, draw: random.Random) -> Path:
    """The run folder; or one that was saved elsewhere while the disk was full, which is as good."""
    rescued = [path.parent for path in Path(tempfile.gettempdir()).glob(f"{RESCUED}/last.safetensors")]
    return draw.choice([run, *rescued])


def _next_words(words: list[str], run: Path) -> list[str]:
    """Those that begin the run; or, if there is a checkpoint, those that resume it."""
    if any((run / name).exists() for name in ("last.safetensors", "previous.safetensors")):
        return ["--resume", str(run)]
    shutil.rmtree(run, ignore_errors=True)  # it was stopped before its first save
    return [*words, "--out", str(run)]


def contents(run: Path) -> dict[str, Any]:
    """Everything that two equal runs have in common."""
    found: dict[str, Any] = {}
    files = {
        "checkpoint": read_container(run / "last.safetensors", "checkpoint"),
        "model": read_container(run / "model.safetensors", "model"),
    }
    for kind, container in files.items():
        for tensor, array in container.tensors.items():
            if tensor != "clock.elapsed_s":
                found[f"{kind}.{tensor}"] = array.dtype.str, array.shape, array.tobytes()
        container.document["progress"].pop("elapsed_s")
        found[f"{kind} record"] = {name: value for name, value in container.document.items() if name != "created"}
    return found


def lines(run: Path) -> list[str]:
    """The lines of the history, but for what depends on the clock."""
    reports = map(json.loads, (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [json.dumps({name: value for name, value in report.items() if name not in TIMES}) for report in reports]


def differences(run: Path, whole: Path) -> Counter[str]:
    """What is not as in the run that was never stopped."""
    actual, expected, ours, theirs = contents(run), contents(whole), lines(run), lines(whole)
    different = [name for name in {*actual, *expected} if actual.get(name) != expected.get(name)]
    others = [path.name for path in run.iterdir() if path.name not in FILES]
    missing, extra = Counter(theirs) - Counter(ours), Counter(ours) - Counter(theirs)
    for what in (different, others, [*missing], [*extra]):
        if what:
            print(f"{run}: {what[:5]}", file=sys.stderr)
    return Counter(
        {
            "something lost": bool(different),
            "lines missing": missing.total(),
            "lines too many": extra.total(),
            "order of lines": not missing and not extra and ours != theirs,
            "files left": len(others),
        }
    )


def try_kind(kind: str, disk: Path, *, rounds: range, device: str) -> Counter[str]:
    """Stop and resume runs of one kind, and count."""
    corpus, *options = KINDS[kind].split()
    budget = [] if "--epochs" in options else STEPS.split()
    words = [str(ROOT / "corpora" / corpus), *SHAPE.split(), "--device", device, *budget, *options]
    whole, counts = disk / "whole", Counter[str]()
    whole.mkdir()
    begin([*words, "--out", "run"], whole, draw=random.Random(0)).join()
    for number in rounds:
        folder = disk / str(number)
        folder.mkdir()
        counts["runs"] += 1
        run, stops = stopped_run(words, folder, draw=random.Random(f"{kind} {number}"))
        counts.update(stops)
        if not stops["did not go on"]:
            counts.update(differences(run, whole / "run"))
        for path in (folder, *Path(tempfile.gettempdir()).glob(RESCUED)):
            shutil.rmtree(path)
    shutil.rmtree(whole)
    return counts


def on_a_small_disk() -> int:
    """Run this script again, with a disk in memory that nobody else sees. Returns its exit status."""
    with tempfile.TemporaryDirectory() as name:
        disk = Path(name) / "disk"
        disk.mkdir()
        mount = f'mount -t tmpfs -o size={DISK_BYTES} kills "$0" && exec "$@"'
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(disk)]
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "SEQGEN_CACHE": f"{name}/cache",
            "TMPDIR": name,
        }
        again = [sys.executable, *sys.argv, "--disk", str(disk)]
        return subprocess.run([*command, *again], env=environment, check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="seed of the first round")
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="equal runs may differ on a GPU")
    parser.add_argument("--disk", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.disk is None:
        sys.exit(on_a_small_disk())
    total: Counter[str] = Counter()
    print("| kind | runs |", " | ".join([*WAYS, *WRONG]), "|", flush=True)
    for kind in options.kinds:
        rounds = range(options.first, options.first + options.rounds)
        counts = try_kind(kind, options.disk, rounds=rounds, device=options.device)
        print_row(kind, counts)
        total.update(counts)
    print_row("all", total)
    for way in WAYS:
        print(f"{way}: {total[way]} stops, {total[f'{way} said how to go on']} messages said how to go on")


def print_row(kind: str, counts: Counter[str]) -> None:
    """A row of the table."""
    print(f"| {kind} |", " | ".join(str(counts[name]) for name in ("runs", *WAYS, *WRONG)), "|", flush=True)


if __name__ == "__main__":
    main()
