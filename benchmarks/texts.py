"""Every cell and every baseline on four texts: each cell is trained for as many epochs, then scored.

    python benchmarks/texts.py DATA RUNS [TEXT...]

DATA holds tinyshakespeare/input.txt, ptb_char/, abc/irish/ and unicode/zh/. RUNS is the folder where the runs are kept;
a run that is already there is not trained again.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from protocols import PROTOCOLS, Protocol, gather, seqgen

from seqgen.run import open_model
from seqgen.training.planning.recipes import PLANNED_CELLS

_EPOCHS = {"lstm": 3, "ptb-char": 3, "irish": 20, "chinese": 5}
"""Epochs over the training part of each text, by the name of its protocol."""
_TITLES = {"lstm": "tinyshakespeare", "ptb-char": "ptb_char, test", "irish": "irish.abc", "chinese": "Chinese poems"}


def train_all(protocol: Protocol, data: Path, folder: Path, *, epochs: int) -> list[Path]:
    """Train every cell on the text of a protocol; returns the run folders."""
    folder.mkdir(parents=True, exist_ok=True)
    text = gather(data / protocol.text, folder / "text.txt", thin=protocol.thin)
    options: list[str] = []
    for option, path in protocol.others.items():
        options += [option, gather(data / path, folder / f"{option.strip('-')}.txt", thin=protocol.thin)]
    runs = [folder / cell for cell in PLANNED_CELLS]
    for run in runs:
        if not run.exists():
            seqgen("train", text, *options, "--cell", run.name, "--epochs", str(epochs), "--out", str(run))
    return runs


Bits = dict[str, tuple[float, float]]
"""Bits per character and per byte of every cell and baseline, by name."""


def score_all(runs: Sequence[Path], part: str) -> Bits:
    """Score the runs and all baselines.

    The order of the n-gram is left out of its name. A compressor has two entries: after the training text, and alone.
    """
    report = json.loads(seqgen("eval", *map(str, runs), "--part", part, "--baselines", "--json"))
    bits: Bits = {}
    for item in report:
        if "compared" in item:
            continue
        name = re.sub(r"^\d-gram", "n-gram", item.get("baseline") or Path(item["run"]).parent.name)
        bits[name] = item["bits_per_character"], item["bits_per_byte"]
        if "bits_per_byte_alone" in item:
            bits[f"{name}, alone"] = item["bits_per_character_alone"], item["bits_per_byte_alone"]
    return bits


def columns(title: str, bits: Bits) -> dict[str, list[float]]:
    """The columns of one text: bits per character, and bits per byte if they differ from those."""
    per_character, per_byte = ([pair[number] for pair in bits.values()] for number in (0, 1))
    return {title: per_character} | ({f"{title}, per byte": per_byte} if per_byte != per_character else {})


def shape(run: Path) -> str:
    """The size of a run's model, and how many tokens per second it was trained on."""
    model = open_model(run)
    history, config = model.history(), model.record.model
    speed = sum(step.n_tokens for step in history.steps) / history.reports[-1].elapsed_s
    return f"{config.n_layer}x{config.d_model}, {model.n_parameters / 1e6:.2f}M, {speed:,.0f}/s"


def print_rows(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> None:
    """Print a Markdown table: first column left-aligned, the others right-aligned."""
    names = list(map(str, header))
    for cells in (names, ["---", *["---:"] * (len(names) - 1)], *rows):
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("names", nargs="*", metavar="TEXT", default=list(_EPOCHS))
    options = parser.parse_args()
    runs = {
        name: train_all(PROTOCOLS[name], options.data, options.runs / name, epochs=_EPOCHS[name])
        for name in options.names
    }
    scores = [score_all(folders, PROTOCOLS[name].part) for name, folders in runs.items()]
    titles = [_TITLES[name] for name in runs]
    table: dict[str, list[float]] = {}
    for title, bits in zip(titles, scores, strict=True):
        table |= columns(title, bits)
    print_rows(
        ["bits per character", *table],
        [[name, *(f"{column[number]:.4f}" for column in table.values())] for number, name in enumerate(scores[0])],
    )
    print()
    print_rows(
        ["cell", *(f"{title}, {_EPOCHS[name]} epochs" for title, name in zip(titles, runs, strict=True))],
        [[cell, *(shape(folders[number]) for folders in runs.values())] for number, cell in enumerate(PLANNED_CELLS)],
    )


if __name__ == "__main__":
    main()
