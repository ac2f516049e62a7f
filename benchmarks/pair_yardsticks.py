"""How well the baselines of pairs do, which a model must beat.

    python benchmarks/pair_yardsticks.py labels DATA [--seeds 1] [--part test]
    python benchmarks/pair_yardsticks.py texts DATA

labels: film reviews and names by their language. DATA holds sentiment/rt-polarity/ and names/by_language/. The
different sources are shuffled by the seed: the last tenth is the test part, the tenth before it the validation part,
and the baselines learn from the rest. A name that two languages have is two pairs in one part. With several seeds, each
figure is their mean, and the standard deviation of the accuracy and of the F1 follows it.

texts: English captions in German, and pronunciations. DATA holds translation/multi30k/ and pairs/g2p/, whose training
and test parts are given. BLEU and chrF ignore case.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from seqgen.evaluation.prediction_measures import (
    LabelMeasures,
    label_baselines,
    measure_labels,
    measure_texts,
    text_baselines,
    unite_sources,
)

Pair = tuple[str, str]
_PARTS = {"valid": (0.8, 0.9), "test": (0.9, 1.0)}
"""Where each part begins and ends in the shuffled sources."""
_TRAIN_END = 0.8


def read_reviews(data: Path) -> Iterator[Pair]:
    """The sentences of rt-polarity, each with the name of its file."""
    for path in sorted((data / "sentiment" / "rt-polarity").glob("rt-polarity.*")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.strip():
                yield line.strip(), path.suffix.strip(".")


def read_names(data: Path) -> Iterator[Pair]:
    """The different names of each of the 18 languages."""
    for path in sorted((data / "names" / "by_language").glob("*.txt")):
        lines = (line.strip() for line in path.read_text(encoding="utf-8").split("\n"))
        yield from ((name, path.stem) for name in dict.fromkeys(lines) if name)


_SETS: dict[str, Callable[[Path], Iterator[Pair]]] = {"rt-polarity": read_reviews, "names by language": read_names}


def divide(pairs: Sequence[Pair], *, seed: int, part: str) -> tuple[list[Pair], list[Pair]]:
    """The training pairs and those of a part: pairs with the same source stay together."""
    sources = list(dict.fromkeys(source for source, _ in pairs))
    order = np.argsort(np.random.PCG64(seed).random_raw(len(sources)), kind="stable")
    place = {sources[number]: rank / len(sources) for rank, number in enumerate(order)}
    start, end = _PARTS[part]
    return (
        [pair for pair in pairs if place[pair[0]] < _TRAIN_END],
        [pair for pair in pairs if start <= place[pair[0]] < end],
    )


def measure(pairs: Sequence[Pair], *, seed: int, part: str) -> Iterator[tuple[str, LabelMeasures]]:
    """Every baseline and its measures on a part."""
    train, held_out = divide(pairs, seed=seed, part=part)
    names = sorted({label for _, label in train})
    ids = {name: number for number, name in enumerate(names)}
    targets = [ids[label] for _, label in held_out]
    learned = [(source, ids[label]) for source, label in train]
    for baseline in label_baselines(learned, [source for source, _ in held_out], n_labels=len(names)):
        yield baseline.name, measure_labels(baseline.probabilities, targets, names)


def row(name: str, found: Sequence[LabelMeasures]) -> str:
    """A row of the table."""
    accuracies = [100 * one.accuracy.value for one in found]
    f1s = [one.macro_f1 for one in found]
    if len(found) == 1:
        cells = [str(found[0].accuracy), f"{f1s[0]:.3f}"]
    else:
        cells = [
            f"{statistics.mean(accuracies):.1f} % ± {statistics.stdev(accuracies):.1f}",
            f"{statistics.mean(f1s):.3f} ± {statistics.stdev(f1s):.3f}",
        ]
    losses = [one.log_loss_nats for one in found if one.log_loss_nats is not None]
    errors = [one.calibration.error for one in found]
    return f"| {' | '.join([name, *cells, f'{statistics.mean(losses):.3f}', f'{statistics.mean(errors):.3f}'])} |"


def print_labels(data: Path, *, n_seeds: int, part: str) -> None:
    """The table of each set of labels."""
    for title, read in _SETS.items():
        pairs = list(read(data))
        found: dict[str, list[LabelMeasures]] = defaultdict(list)
        for seed in range(n_seeds):
            for name, measures in measure(pairs, seed=seed, part=part):
                found[name].append(measures)
        print(f"\n{title}: {len(pairs):,} pairs\n")
        print("| baseline | accuracy | macro F1 | log loss, nats | calibration error |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for name, measured in found.items():
            print(row(name, measured), flush=True)


def read_captions(data: Path, part: str) -> list[Pair]:
    """English captions with their German translations."""
    texts = []
    for language in ("en", "de"):
        path = data / "translation" / "multi30k" / f"{part}.{language}.gz"
        texts.append(gzip.decompress(path.read_bytes()).decode("utf-8").removesuffix("\n").split("\n"))
    return list(zip(*texts, strict=True))


def read_pronunciations(data: Path, part: str) -> list[Pair]:
    """English words with their phonemes."""
    text = (data / "pairs" / "g2p" / f"high-eng_us_{part}.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.split("\n") if line)
    return [(word, phonemes) for word, phonemes in rows]


_TEXTS: dict[str, tuple[Callable[[Path, str], list[Pair]], str]] = {
    "multi30k, English to German, test_2016_flickr": (read_captions, "test_2016_flickr"),
    "pronunciation, eng_us": (read_pronunciations, "test"),
}
"""How each set is read, and the name of its test part."""


def print_texts(data: Path) -> None:
    """The table of each set of texts."""
    for title, (read, part) in _TEXTS.items():
        questions = unite_sources(read(data, part))
        print(f"\n{title}: {len(questions):,} sources\n")
        print("| baseline | exact match | character error rate | word error rate | chrF | BLEU |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for baseline in text_baselines(read(data, "train"), [question.source for question in questions]):
            found = measure_texts(baseline.answers, [question.targets for question in questions], lowercase=True)
            scores = [f"{score.value:.1f}" for score in found.sentence_scores] or ["", ""]
            rates = [str(found.exact_match), str(found.character_error_rate), str(found.word_error_rate)]
            print(f"| {' | '.join([baseline.name, *rates, *scores])} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("labels", "texts"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--part", choices=_PARTS, default="test")
    options = parser.parse_args()
    if options.kind == "labels":
        print_labels(options.data, n_seeds=options.seeds, part=options.part)
    else:
        print_texts(options.data)


if __name__ == "__main__":
    main()
