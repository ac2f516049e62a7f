"""How well the linear expert for labels does: alone on public sets, or mixed with the network of a run.

    python benchmarks/label_expert.py alone DATA [NAME...] [--seeds 3]
    python benchmarks/label_expert.py mixed RUN FILE

alone: rt-polarity and names, divided as `benchmarks/pair_sets.py` says. DATA holds sentiment/rt-polarity/ and
names/by_language/. A tenth of the training part is the validation part, on which the penalty is found. The figures are
those of the test part, as means over the seeds, with the least and the most.

mixed: the pairs of FILE, a source, a tab and a label on each line, by ways to mix the network of a run with its expert.
Weight and powers are those that were best on the validation part.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pair_sets

from seqgen.config import LabelConfig
from seqgen.corpus import Pair, read_pairs, reopen_part
from seqgen.corpus.encoded_pairs import train_on_texts
from seqgen.evaluation.learned_expert import best_weight
from seqgen.evaluation.learned_label_expert import LabelledSources, mix_with_expert
from seqgen.evaluation.prediction_measures import measure_labels
from seqgen.run import open_model
from seqgen.sampling.prediction import predict_labels

_SETS = {"rt-polarity": pair_sets.rt_polarity, "names": pair_sets.names}
_COLUMNS = ("set", "accuracy", "macro F1", "log loss, nats", "penalty", "rows")


def measure_alone(name: str, data: Path, *, seed: int) -> tuple[list[float], str, str]:
    """Accuracy, macro F1 and log loss on the test part of a set; the penalty and the size of the table."""
    parts = _SETS[name](data, random.Random(seed))
    pairs = {part: [Pair(*pair) for pair in some] for part, some in parts.items()}
    random.Random(seed).shuffle(pairs["train"])
    labels = train_on_texts(LabelConfig(), [pair.target for pair in pairs["train"]])
    n_valid = len(pairs["train"]) // 10
    divided = pairs["train"][:-n_valid], pairs["train"][-n_valid:], pairs["test"]
    train, valid, test = (LabelledSources.of(some, labels) for some in divided)
    n_labels = labels.vocab_size - 1
    nothing = np.full((len(valid.labels), n_labels), 1 / n_labels)  # a network that knows nothing
    found = mix_with_expert(nothing, train=train, valid=valid)
    assert found is not None, "the expert has learned nothing"
    expert, gain = found
    p = expert.mix(np.full((len(test.labels), n_labels), 1 / n_labels), test.sources)
    measures = measure_labels(p, test.labels, [str(number) for number in range(n_labels)])
    return (
        [measures.accuracy.value, measures.macro_f1, measures.log_loss_nats or 0.0],
        f"{gain.penalty:g}",
        f"{expert.n_rows:,}",
    )


def row_alone(name: str, data: Path, *, seeds: int) -> str:
    found = [measure_alone(name, data, seed=seed) for seed in range(seeds)]
    columns = list(zip(*(figures for figures, _, _ in found), strict=True))
    cells = [f"{fmean(column):.4f} ({min(column):.4f} to {max(column):.4f})" for column in columns]
    penalties, sizes = (", ".join(dict.fromkeys(texts)) for texts in zip(*(texts for _, *texts in found), strict=True))
    return f"| {' | '.join([name, *cells, penalties, sizes])} |"


def rows_mixed(run: str, test: Path) -> Iterator[str]:
    """The rows of the ways to mix the network and the expert of a run."""
    model = open_model(run)
    expert = model.label_expert
    assert expert is not None, f"{run} has no label expert"
    pairs = read_pairs(reopen_part(model.record.corpus, "valid")), [Pair(*pair) for pair in pair_sets.read_tsv(test)]
    valid, measured = (LabelledSources.of(some, model.tokenizer) for some in pairs)
    networks = [predict_labels(replace(model, label_expert=None), some.sources) for some in (valid, measured)]
    experts = [expert.probabilities(some.sources) for some in (valid, measured)]
    rows = np.arange(len(valid.labels))
    weight = best_weight(experts[0][rows, valid.labels], networks[0][rows, valid.labels])
    powers = expert.powers
    ways = {
        "network alone": networks[1],
        "expert alone": experts[1],
        f"linear, weight {weight:.2f}": weight * experts[1] + (1 - weight) * networks[1],
        f"log-linear, powers {powers.network:.2f} and {powers.expert:.2f}": powers.mix(networks[1], experts[1]),
    }
    for way, p in ways.items():
        measures = measure_labels(p, measured.labels, [str(number) for number in range(p.shape[1])])
        figures = (
            measures.log_loss_nats or 0.0,
            measures.accuracy.value,
            measures.macro_f1,
            measures.calibration.error,
        )
        yield f"| {way} | {' | '.join(f'{figure:.4f}' for figure in figures)} |"


def print_table(columns: Sequence[str], rows: Iterator[str]) -> None:
    print(f"| {' | '.join(columns)} |")
    print(f"| --- |{' ---: |' * (len(columns) - 1)}")
    for row in rows:
        print(row, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = parser.add_subparsers(dest="task", required=True)
    alone = tasks.add_parser("alone")
    alone.add_argument("data", type=Path)
    alone.add_argument("names", nargs="*", metavar="NAME")
    alone.add_argument("--seeds", type=int, default=3)
    mixed = tasks.add_parser("mixed")
    mixed.add_argument("run")
    mixed.add_argument("file", type=Path)
    options = parser.parse_args()
    if options.task == "alone":
        names = options.names or list(_SETS)
        print_table(_COLUMNS, (row_alone(name, options.data, seeds=options.seeds) for name in names))
    else:
        columns = ("mixture", "log loss, nats", "accuracy", "macro F1", "calibration error")
        print_table(columns, rows_mixed(options.run, options.file))


if __name__ == "__main__":
    main()
