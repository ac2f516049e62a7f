"""Runs of pairs, scored on held-out pairs: their loss, their answers, baselines beside them, and comparisons."""

from seqgen.evaluation.pair_runs.answers import Answers, shared_measure
from seqgen.evaluation.pair_runs.comparison import PairComparison, beside_best_baseline, compare_runs
from seqgen.evaluation.pair_runs.loss import PairLoss
from seqgen.evaluation.pair_runs.pair_sets import PairSet, pair_sets
from seqgen.evaluation.pair_runs.race import PairRace
from seqgen.evaluation.pair_runs.scored_pairs import PairScoring, ScoredPairs, with_baselines

__all__ = [
    "Answers",
    "PairComparison",
    "PairLoss",
    "PairRace",
    "PairScoring",
    "PairSet",
    "ScoredPairs",
    "beside_best_baseline",
    "compare_runs",
    "pair_sets",
    "shared_measure",
    "with_baselines",
]
