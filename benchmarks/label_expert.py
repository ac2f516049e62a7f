"""How well the linear expert for labels does: alone on public sets, or mixed with the networks of runs.

    python benchmarks/label_expert.py alone DATA [NAME...] [--seeds 3]
    python benchmarks/label_expert.py mixed RUN...

alone: rt-polarity and names, divided as `benchmarks/pair_sets.py` says. DATA holds sentiment/rt-polarity/ and
names/by_language/. A tenth of the training part is the validation part, on which the penalty is found. The figures are
those of the test part, as means over the seeds, with the least and the most.

mixed: the nats per label and the accuracy of ways to mix, on the second half of the validation part of each run. Powers
and weight are found on the first half.
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
from seqgen.evaluation.learned_label_expert import LabelledSources, mix_with_expert, network_probabilities
from seqgen.evaluation.mixing_powers import mean_nats
from seqgen.evaluation.pairs import measure_labels
from seqgen.run import open_model

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
    penalties, sizes = (", ".join(dict.fromkeys(row[place] for row in found)) for place in (1, 2))
    return f"| {' | '.join([name, *cells, penalties, sizes])} |"


def rows_mixed(run: str) -> Iterator[str]:
    """The rows of one run."""
    model = replace(open_model(run), label_expert=None)
    train, valid = (read_pairs(reopen_part(model.record.corpus, part)) for part in ("train", "valid"))
    half = len(valid) // 2
    pairs = {"found": valid[:half], "measured": valid[half:]}
    known = {name: LabelledSources.of(some, model.tokenizer) for name, some in pairs.items()}
    networks = {name: network_probabilities(model, some) for name, some in pairs.items()}
    mixed = mix_with_expert(networks["found"], train=LabelledSources.of(train, model.tokenizer), valid=known["found"])
    if mixed is None:
        yield f"| {model.name} | no gain |"
        return
    expert, gain = mixed
    experts = {name: expert.probabilities(some.sources) for name, some in known.items()}
    found, measured = known["found"].labels, known["measured"].labels
    rows = np.arange(len(found))
    weight = best_weight(experts["found"][rows, found], networks["found"][rows, found])
    powers = gain.powers
    ways = {
        "network alone": networks["measured"],
        "expert alone": experts["measured"],
        f"linear, weight {weight:.2f}": weight * experts["measured"] + (1 - weight) * networks["measured"],
        f"log-linear, powers {powers.network:.2f} and {powers.expert:.2f}": powers.mix(
            networks["measured"], experts["measured"]
        ),
    }
    for way, p in ways.items():
        accuracy = (p.argmax(axis=1) == measured).mean()
        yield f"| {model.name} | {way} | {mean_nats(p, measured):.4f} | {accuracy:.4f} |"


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
    tasks.add_parser("mixed").add_argument("runs", nargs="+", metavar="RUN")
    options = parser.parse_args()
    if options.task == "alone":
        names = options.names or list(_SETS)
        print_table(_COLUMNS, (row_alone(name, options.data, seeds=options.seeds) for name in names))
    else:
        columns = ("run", "mixture", "nats per label", "accuracy")
        print_table(columns, (row for run in options.runs for row in rows_mixed(run)))


if __name__ == "__main__":
    main()
