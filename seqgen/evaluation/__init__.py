"""Numbers about a trained model that can be compared."""

from seqgen.evaluation.baselines import Packed, PackedSize, ngram_scores, pack, read_whole
from seqgen.evaluation.compare import Blocks, Difference, compare, uncertainty
from seqgen.evaluation.contexts import Context, Rule
from seqgen.evaluation.dynamic import Dynamic
from seqgen.evaluation.places import By, Costliest, Place, Units
from seqgen.evaluation.score import Observer, Score, restore_decoder, score_nats, score_text
from seqgen.evaluation.strawmen import strawman_scores

__all__ = [
    "Blocks",
    "By",
    "Context",
    "Costliest",
    "Difference",
    "Dynamic",
    "Observer",
    "Packed",
    "PackedSize",
    "Place",
    "Rule",
    "Score",
    "Units",
    "compare",
    "ngram_scores",
    "pack",
    "read_whole",
    "restore_decoder",
    "score_nats",
    "score_text",
    "strawman_scores",
    "uncertainty",
]
