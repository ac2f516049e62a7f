"""Trains every cell on one text for the same time with no other option, and prints what validation says.

python benchmarks/cells.py TEXT --minutes 3
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, get_args

from seqgen.config import Cell


def seqgen(*arguments: str) -> str:
    """Standard output of one command."""
    command = [sys.executable, "-m", "seqgen", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def measure(cell: str, text: str, minutes: float, folder: Path) -> dict[str, Any]:
    """Train one cell and score its best model on the validation part as one carried stream."""
    run = str(folder / cell)
    seqgen("train", text, "--cell", cell, "--minutes", str(minutes), "--out", run)
    (score,) = json.loads(seqgen("eval", run, "--json"))
    return {**json.loads(seqgen("info", run, "--json")), "score": score}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text")
    parser.add_argument("--minutes", type=float, default=3.0)
    options = parser.parse_args()
    print("| cell | parameters | steps | tokens/s | nats/token, carried | bits/byte |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for cell in get_args(Cell):
            made = measure(cell, options.text, options.minutes, Path(folder))
            progress, score = made["progress"], made["score"]
            speed = progress["n_tokens"] / progress["elapsed_s"]
            print(
                f"| {cell} | {made['n_parameters']:,} | {progress['step']:,} | {speed:,.0f} "
                f"| {score['nats_per_token']:.4f} | {score['bits_per_byte']:.4f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
