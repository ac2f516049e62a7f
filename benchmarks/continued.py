"""Which learning rate suits a training run that begins from a model: bits per byte for several shares of a fresh rate.

    python benchmarks/continued.py MODEL TEXT... [--steps N] [--share X]... [--set FIELD=VALUE]...

MODEL is what `seqgen train --from` takes. Each row is one run on one text, scored on its whole validation part, and
says which of the steps was kept. The first row of a text is the model as it is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from protocols import seqgen

from seqgen.run import open_model
from seqgen.training.planning.recipes import RECIPES

_SHARES = (1.0, 1 / 3, 1 / 6)


def bits_per_byte(run: str, *, on: str | None = None) -> float:
    """The score of a run on its validation part, or on a text."""
    (score,) = json.loads(seqgen("eval", run, *(["--on", on] if on else ["--part", "valid"]), "--json"))
    return float(score["bits_per_byte"])


def train(text: str, parent: str, *, share: float, options: Sequence[str]) -> str:
    """Continue a model on a text at a share of the rate of a fresh run; returns a row of the table."""
    rate = RECIPES[open_model(parent).record.model.cell].learning_rate * share
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "run")
        seqgen("train", text, "--from", parent, "--lr", f"{rate:.6g}", *options, "--out", run)
        record, end = open_model(run).record, open_model(run).history().reports[-1]
        cells = [
            Path(text).name,
            f"1/{1 / share:g}" if share < 1 else f"{share:g}",
            f"{record.model.dropout:g}",
            f"{record.training.weight_decay:g}",
            f"{bits_per_byte(run):.4f}",
            f"{record.progress.step:,} of {end.step:,}",
            f"{end.elapsed_s:.0f} s",
        ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("texts", nargs="+", metavar="TEXT")
    parser.add_argument("--steps", default="300")
    parser.add_argument("--share", type=float, action="append", metavar="X")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    options = parser.parse_args()
    settings = [word for setting in options.set for word in ("--set", setting)]
    print("| text | share of the rate | dropout | weight decay | bits/byte | kept step | time |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for text in options.texts:
        for share in options.share or _SHARES:
            print(train(text, options.model, share=share, options=["--steps", options.steps, *settings]), flush=True)


if __name__ == "__main__":
    main()
