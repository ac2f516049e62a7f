"""The share of sentences made only of words of the training text, at every temperature, beside that of human text.

    python benchmarks/clean_sentences.py RUN... [--samples 16] [--length 400]

Each row is one run. The last columns are its loss on its validation part and the temperature that it has learned.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from protocols import seqgen

from seqgen.evaluation import measure_quality
from seqgen.run import open_model

_TEMPERATURES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def row(run: str, *, n_samples: int, length: int) -> str:
    """A row of the table."""
    model = open_model(run)
    report = measure_quality(model, n_samples=n_samples, length=length, temperatures=_TEMPERATURES)
    shares = [quality.clean_sentences for quality in (*report.samples, report.human)]
    cells = ["" if share is None else f"{100 * share:.0f}" for share in shares]
    (score,) = json.loads(seqgen("eval", run, "--part", "valid", "--json"))
    learned = model.record.temperature
    cells += [f"{score['bits_per_byte']:.3f}", "none" if learned is None else f"{learned:g}"]
    return f"| {Path(run).name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--length", type=int, default=400)
    options = parser.parse_args()
    header = ["run", *(f"{temperature:g}" for temperature in _TEMPERATURES), "human", "bits/byte", "learned"]
    print(f"| {' | '.join(header)} |")
    print("| --- |" + " ---: |" * (len(header) - 1), flush=True)
    for run in options.runs:
        print(row(run, n_samples=options.samples, length=options.length), flush=True)


if __name__ == "__main__":
    main()
