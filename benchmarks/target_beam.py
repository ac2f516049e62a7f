"""How wide the search for targets should be, and how it should weigh their length: exact match, errors, chrF and BLEU.

    python benchmarks/target_beam.py RUN [--part test] [--first 500]

predicts the sources of a part of the run's own pairs with several widths and powers of the length. The power makes no
difference to a beam of width 1.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence

from seqgen.config import PredictionConfig
from seqgen.corpus import read_pairs, reopen_part
from seqgen.evaluation.prediction_measures import Question, measure_texts, unite_sources
from seqgen.run import SavedModel, open_model
from seqgen.sampling import Predictor

_WIDTHS = (1, 2, 3, 5, 8, 12)
_POWERS = (0.0, 0.6, 1.0)


def rows(saved: SavedModel, questions: Sequence[Question]) -> Iterator[str]:
    """A row for each width and power, in their order."""
    for width in _WIDTHS:
        for power in _POWERS if width > 1 else _POWERS[:1]:
            predictor = Predictor(saved, PredictionConfig(beam=width, length_power=power))
            started = time.perf_counter()
            answers = [found[0].target for found in predictor.predict([question.source for question in questions])]
            per_second = len(questions) / (time.perf_counter() - started)
            measures = measure_texts(answers, [question.targets for question in questions])
            errors = "" if measures.character_error_rate is None else f"{measures.character_error_rate.value:.1%}"
            others = "  ".join(f"{score.name} {score.value:.2f}" for score in measures.sentence_scores)
            shown = f"{width:5}  {power:5.1f}  {measures.exact_match.value:6.1%}  {errors:>6}  {per_second:10,.0f}"
            yield f"{shown}  {others}".rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--part", choices=["valid", "test"], default="valid")
    parser.add_argument("--first", type=int, help="how many sources are predicted; all if left out")
    options = parser.parse_args()
    saved = open_model(options.run)
    questions = unite_sources(read_pairs(reopen_part(saved.record.corpus, options.part)))[: options.first]
    print(f"{saved.name}, {len(questions):,} sources of the {options.part} part")
    print(" beam  power   exact  errors  sources/s")
    for row in rows(saved, questions):
        print(row, flush=True)


if __name__ == "__main__":
    main()
