"""Numbers about a trained model that can be compared."""

from seqgen.evaluation.baselines import Packed, ngram_scores, pack, read_whole
from seqgen.evaluation.compare import Blocks, Difference, compare
from seqgen.evaluation.contexts import Context
from seqgen.evaluation.places import By, Costliest, Place, Units
from seqgen.evaluation.score import Observer, Score, restore_decoder, score_nats, score_text

__all__ = [
    "Blocks",
    "By",
    "Context",
    "Costliest",
    "Difference",
    "Observer",
    "Packed",
    "Place",
    "Score",
    "Units",
    "compare",
    "ngram_scores",
    "pack",
    "read_whole",
    "restore_decoder",
    "score_nats",
    "score_text",
]
