"""How well gaps of held-out text are filled by a model that reads forward, one that reads backward, and both together.

    python benchmarks/gaps.py TEXT... [--steps N] [--gaps N] [--length N] [--seed N] [--keep FOLDER]

Two runs of each text are trained for the same number of steps with the same settings, one of them with --backward.
Then `seqgen fill --score` scores gaps of their validation part, a fifth of the text. A second table has the bits per
character of both runs on this part.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from protocols import seqgen

_VALID_SHARE = "0.2"


def train_both(text: str, folder: Path, *, steps: int, seed: int) -> tuple[Path, Path]:
    """A run in each direction; one that is there already is not trained again."""
    runs = []
    for direction, option in (("forward", ()), ("backward", ("--backward",))):
        run = folder / f"{Path(text).stem}-{direction}"
        if not run.exists():
            options = ["--steps", str(steps), "--seed", str(seed), "--valid-fraction", _VALID_SHARE, *option]
            seqgen("train", text, "--cell", "lstm", *options, "--out", str(run))
        runs.append(run)
    return runs[0], runs[1]


def score_rows(text: str, runs: tuple[Path, Path], *, gaps: int, length: int | None) -> list[str]:
    """The rows of the table for one text, one for each way of reading."""
    named = ["--forward", str(runs[0]), "--backward", str(runs[1])]
    sized = [] if length is None else ["--length", str(length)]
    report: dict[str, Any] = json.loads(seqgen("fill", "--score", str(gaps), *sized, *named, "--json"))
    rows = []
    for row in report["readings"]:
        right, low, high = (100 * row[name] for name in ("accuracy", "accuracy_low", "accuracy_high"))
        gain = f"{row['gain_of_both_nats']:.3f} ± {row['gain_plus_minus']:.3f}" if row["read"] != "both" else ""
        cells = [
            Path(text).name,
            str(report["gaps"]),
            row["read"],
            f"{right:.1f} % ({low:.1f} to {high:.1f})",
            f"{row['nats']:.3f}",
            gain,
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def bits_row(text: str, runs: tuple[Path, Path]) -> str:
    """The bits per character of both directions on the validation part."""
    items = json.loads(seqgen("eval", *map(str, runs), "--no-expert", "--json"))
    with_expert = json.loads(seqgen("eval", *map(str, runs), "--json"))
    cells = [f"{item['bits_per_character']:.4f}" for found in (items, with_expert) for item in found if "run" in item]
    return f"| {Path(text).name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", metavar="TEXT")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--gaps", type=int, default=400)
    parser.add_argument("--length", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        pairs = [train_both(text, folder, steps=options.steps, seed=options.seed) for text in options.texts]
        print("| text | gaps | read | right (95 % interval) | nats | gain of both, nats |")
        print("| --- | ---: | --- | --- | ---: | ---: |")
        for text, runs in zip(options.texts, pairs, strict=True):
            print("\n".join(score_rows(text, runs, gaps=options.gaps, length=options.length)), flush=True)
        print("\n| bits per character | forward alone | backward alone | forward, mixed | backward, mixed |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for text, runs in zip(options.texts, pairs, strict=True):
            print(bits_row(text, runs), flush=True)


if __name__ == "__main__":
    main()
