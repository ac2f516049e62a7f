"""Checks that a change of the code has changed no number.

    python benchmarks/equality.py record before.json     # with the old code
    python benchmarks/equality.py compare before.json    # with the new code, on the same machine

Both commands train every cell and every tokenizer for ten steps, then sample and evaluate. Losses, gradient norms,
weights, texts and reports must be equal byte for byte. The exit status is 1 if anything differs.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHAPE = ["--width", "32", "--streams", "4", "--window", "16", "--steps", "10", "--device", "cpu"]
FIXED = ["--set", "precision=float32", "--set", "evaluate_every=5"]
RUNS: dict[str, list[str]] = {
    "rnn": ["--cell", "rnn", "--layers", "2", "--dropout", "0.2"],
    "lstm": ["--cell", "lstm", "--layers", "2", "--dropout", "0.2", "--set", "weight_drop=0.3"],
    "gru": ["--cell", "gru", "--clip", "0.5", "--set", "optimizer=adamw"],
    "transformer": ["--cell", "transformer", "--layers", "2", "--memory", "24", "--set", "d_head=8"],
    "byte": ["--cell", "gru", "--tokenizer", "byte", "--set", "vary_window=true"],
    "word": ["--cell", "lstm", "--tokenizer", "word", "--documents", "blank-line", "--set", "d_embedding=none"],
    "sentencepiece": [
        "--cell",
        "transformer",
        "--tokenizer",
        "sentencepiece",
        "--vocab-size",
        "400",
        "--documents",
        "line",
    ],
    "bfloat16": ["--cell", "lstm", "--precision", "bfloat16", "--set", "change_penalty=0.1", "--test-fraction", "0.1"],
}
SAMPLES: dict[str, list[str]] = {
    "plain": ["--length", "200"],
    "filters": ["--temp", "0.9", "--top-k", "30", "--top-p", "0.95", "--min-p", "0.001", "--repetition-penalty", "1.2"],
    "constraints": ["--ban", "the", "--bias", "e=-1", "--no-copy", "8", "--count", "3", "--length", "200"],
    "match": ["--match", "([a-z]{1,8} ){3}[a-z]{1,8}[.]"],
    "beam": ["--beam", "4", "--length", "40"],
    "odds": ["--odds", "--json", "--prompt", "Min"],
}
EVALUATIONS: dict[str, list[str]] = {
    "carried": [],
    "sliding": ["--context", "sliding:32/8"],
    "dynamic": ["--dynamic"],
    "by line": ["--by", "line"],
}


def seqgen(folder: Path, *arguments: str) -> str:
    """Run a command in `folder` on one thread, and return what it prints to standard output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "SEQGEN_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "seqgen", *arguments]
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if process.returncode:
        sys.exit(f"seqgen {' '.join(arguments)}\n{process.stderr}")
    return process.stdout


def results(folder: Path) -> Iterator[tuple[str, str]]:
    """Each result to compare, with its name."""
    (folder / "story.txt").write_bytes((ROOT / "corpora" / "stories.txt").read_bytes()[:30_000])
    for name, options in RUNS.items():
        seqgen(folder, "train", "story.txt", *SHAPE, *FIXED, *options, "--out", name)
        yield f"{name}: reports", training_reports(folder / name / "metrics.jsonl")
        yield f"{name}: weights", weights_digest(folder / name / "model.safetensors")
        for sample, more in SAMPLES.items():
            yield f"{name}: sample, {sample}", seqgen(folder, "sample", name, *more)
        for evaluation, more in EVALUATIONS.items():
            report = [] if "--by" in more else ["--json"]
            yield f"{name}: eval, {evaluation}", seqgen(folder, "eval", name, *more, *report)


def training_reports(path: Path) -> str:
    """The lines of `metrics.jsonl`, without the fields that depend on the clock."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    timeless = [{key: value for key, value in line.items() if not key.endswith("_s")} for line in lines]
    return "\n".join(map(json.dumps, timeless))


def weights_digest(path: Path) -> str:
    """A hash over the name and the bytes of every tensor."""
    from safetensors.numpy import load_file

    digest = hashlib.sha256()
    for name, tensor in sorted(load_file(path).items()):
        digest.update(name.encode() + tensor.tobytes())
    return digest.hexdigest()


def main() -> None:
    action, path = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        now = {name: value.replace(folder, "") for name, value in results(Path(folder))}
    digest = hashlib.sha256(json.dumps(now, sort_keys=True).encode()).hexdigest()
    if action == "record":
        path.write_text(json.dumps(now), encoding="utf-8")
        print(f"{len(now)} results; SHA-256 of all: {digest}")
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    differing = [name for name in before if before[name] != now.get(name)]
    for name in differing:
        print(f"differs: {name}\n  before: {before[name][:300]!r}\n  now:    {now.get(name, '')[:300]!r}")
    print(f"{len(before) - len(differing)} of {len(before)} results equal byte for byte; SHA-256 of all: {digest}")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
