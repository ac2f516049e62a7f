"""Every cell and every baseline on four texts: each cell trained for as many passes, then scored by `seqgen eval`.

python benchmarks/texts.py DATA RUNS [TEXT...]
DATA holds tinyshakespeare/input.txt, ptb_char/, abc/irish/ and unicode/zh/. RUNS is a folder that keeps the runs:
what it holds already is not trained again.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from protocols import PROTOCOLS, Protocol, gather, seqgen

from seqgen.config import MODEL_CONFIGS
from seqgen.run import open_model

_EPOCHS = {"lstm": 3, "ptb-char": 3, "irish": 20, "chinese": 5}
"""Passes over the training part of each protocol's text."""
_TITLES = {"lstm": "tinyshakespeare", "ptb-char": "ptb_char, test", "irish": "irish.abc", "chinese": "Chinese poems"}


def train_all(protocol: Protocol, epochs: int, data: Path, folder: Path) -> list[Path]:
    """A run of every cell."""
    folder.mkdir(parents=True, exist_ok=True)
    text = gather(data / protocol.text, folder / "text.txt", thin=protocol.thin)
    options: list[str] = []
    for option, path in protocol.others.items():
        options += [option, gather(data / path, folder / f"{option.strip('-')}.txt", thin=protocol.thin)]
    runs = [folder / cell for cell in MODEL_CONFIGS]
    for run in runs:
        if not run.exists():
            seqgen("train", text, *options, "--cell", run.name, "--epochs", str(epochs), "--out", str(run))
    return runs


Bits = dict[str, tuple[float, float]]
"""Per character and per byte, of every cell and baseline."""


def score_all(runs: Sequence[Path], part: str) -> Bits:
    """The order of the n-gram is left out of its name; compressors are there twice: after training, and alone."""
    found = json.loads(seqgen("eval", *map(str, runs), "--part", part, "--baselines", "--json"))
    bits: Bits = {}
    for item in found:
        if "compared" in item:
            continue
        name = re.sub(r"^\d-gram", "n-gram", item.get("baseline") or Path(item["run"]).parent.name)
        bits[name] = item["bits_per_character"], item["bits_per_byte"]
        if "bits_per_byte_alone" in item:
            bits[f"{name}, alone"] = item["bits_per_character_alone"], item["bits_per_byte_alone"]
    return bits


def columns(title: str, bits: Bits) -> dict[str, list[float]]:
    """Bits per character, and per byte where that is another number."""
    per_character, per_byte = ([pair[number] for pair in bits.values()] for number in (0, 1))
    return {title: per_character} | ({f"{title}, per byte": per_byte} if per_byte != per_character else {})


def shape(run: Path) -> str:
    """What was trained, and how fast."""
    model = open_model(run)
    history, config = model.history(), model.record.model
    speed = sum(step.n_tokens for step in history.steps) / history.reports[-1].elapsed_s
    return f"{config.n_layer}x{config.d_model}, {model.n_parameters / 1e6:.2f}M, {speed:,.0f}/s"


def print_rows(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> None:
    """A Markdown table, its first column to the left."""
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
        name: train_all(PROTOCOLS[name], _EPOCHS[name], options.data, options.runs / name) for name in options.names
    }
    scores = [score_all(own, PROTOCOLS[name].part) for name, own in runs.items()]
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
        ["cell", *(f"{title}, {_EPOCHS[name]} passes" for title, name in zip(titles, runs, strict=True))],
        [[cell, *(shape(own[number]) for own in runs.values())] for number, cell in enumerate(MODEL_CONFIGS)],
    )


if __name__ == "__main__":
    main()
