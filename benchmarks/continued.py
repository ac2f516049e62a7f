"""What it brings to begin from a model, and at which learning rate.

    python benchmarks/continued.py starts TEXT... [--minutes N] [--base NAME] [--seed N]
    python benchmarks/continued.py rates MODEL TEXT... [--steps N] [--share X]... [--set FIELD=VALUE]...

`starts` trains two runs on each text for the same time, from nothing and from the base. It scores them on the whole
validation part, gives the 95 % interval of the difference where the part has 10,000 bytes, and says which start
`seqgen plan` would have chosen and what it expected.

`rates` continues MODEL, which is what `seqgen train --from` takes. Each row is one run on one text and says which of
the steps was kept.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protocols import seqgen

from seqgen.run import open_model
from seqgen.training.planning.recipes import RECIPES

_SHARES = (1.0, 1 / 3, 1 / 6)


def bits_per_byte(run: str) -> float:
    """The score of a run on its validation part."""
    (score,) = json.loads(seqgen("eval", run, "--part", "valid", "--json"))
    return float(score["bits_per_byte"])


def continue_at(share: float, text: str, *, parent: str, options: Sequence[str]) -> str:
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


def compare_starts(text: str, *, base: str, options: Sequence[str], minutes: str) -> str:
    """Train from nothing and from the base for the same time; returns a row of the table."""
    plan: dict[str, Any] = json.loads(seqgen("plan", text, "--minutes", minutes, "--json"))
    expected = {candidate["from"]: candidate for candidate in reversed(plan["candidates"])}  # the best of each start
    with tempfile.TemporaryDirectory() as folder:
        runs = {start: str(Path(folder) / start) for start in ("none", base)}
        for start, run in runs.items():
            seqgen("train", text, "--from", start, "--minutes", minutes, *options, "--out", run)
        items = json.loads(seqgen("eval", *runs.values(), "--part", "valid", "--json"))
        bits = {item["run"]: item["bits_per_byte"] for item in items if "run" in item}
        difference = next((item["difference"] for item in items if "compared" in item), None)
        cells = [Path(text).name, minutes]
        for start, run in runs.items():
            record = open_model(run).record
            n_steps = open_model(run).history().reports[-1].step
            shape = f"{record.model.cell} {record.model.n_layer}x{record.model.d_model}"
            score = next(bits[key] for key in bits if Path(key).parent.name == start)
            cells.append(f"{score:.4f} ({shape}, step {record.progress.step:,} of {n_steps:,})")
    cells.append(f"{difference['bits_per_byte']:+.3f} ± {difference['plus_minus']:.3f}" if difference else "")
    cells.append(", ".join(expectation(expected.get(name)) for name in (None, base)))
    cells.append(plan["candidates"][0]["from"] or "nothing")
    return f"| {' | '.join(cells)} |"


def expectation(candidate: dict[str, Any] | None) -> str:
    """The bits per character that a plan expects. A plan leaves out a start that its trial found hopeless."""
    return "left out" if candidate is None else f"{candidate['expected_bits_per_character']:.2f}"


def print_starts(options: argparse.Namespace) -> None:
    print("| text | minutes | from nothing | from the base | difference | expected bits/char | chosen |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |", flush=True)
    for minutes in options.minutes or ["1"]:
        for text in options.texts:
            more = ["--seed", options.seed]
            print(compare_starts(text, base=options.base, options=more, minutes=minutes), flush=True)


def print_rates(options: argparse.Namespace) -> None:
    settings = [word for setting in options.set for word in ("--set", setting)]
    print("| text | share of the rate | dropout | weight decay | bits/byte | kept step | time |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for text in options.texts:
        for share in options.share or _SHARES:
            more = ["--steps", options.steps, *settings]
            print(continue_at(share, text, parent=options.model, options=more), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    starts = commands.add_parser("starts")
    starts.add_argument("texts", nargs="+", metavar="TEXT")
    starts.add_argument("--minutes", action="append", metavar="N")
    starts.add_argument("--base", default="english", metavar="NAME")
    starts.add_argument("--seed", default="0")
    starts.set_defaults(run=print_starts)
    rates = commands.add_parser("rates")
    rates.add_argument("model")
    rates.add_argument("texts", nargs="+", metavar="TEXT")
    rates.add_argument("--steps", default="300")
    rates.add_argument("--share", type=float, action="append", metavar="X")
    rates.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    rates.set_defaults(run=print_rates)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
