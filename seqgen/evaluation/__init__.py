"""Numbers about a trained model that can be compared."""

from seqgen.evaluation.baselines import Baseline, baselines_of, ngram_scores
from seqgen.evaluation.breakdown import By, HighestLoss, TokenInContext, Units
from seqgen.evaluation.compare import Blocks, Difference, compare, uncertainty
from seqgen.evaluation.compressors import CompressedSize, Compression, compress_text
from seqgen.evaluation.copies import CopyReport, find_copies
from seqgen.evaluation.dynamic import Dynamic
from seqgen.evaluation.forecast import Forecast, forecast
from seqgen.evaluation.neural_baselines import neural_baseline_scores
from seqgen.evaluation.ranking import Comparison, ScoredReading, compare_all, split_warnings
from seqgen.evaluation.readings import Reading, TextSelection, read_whole, readings
from seqgen.evaluation.score import Observer, Score, restore_decoder, score_nats, score_text
from seqgen.evaluation.scoring_modes import Context, ScoringMode

__all__ = [
    "Baseline",
    "Blocks",
    "By",
    "Comparison",
    "CompressedSize",
    "Compression",
    "Context",
    "CopyReport",
    "Difference",
    "Dynamic",
    "Forecast",
    "HighestLoss",
    "Observer",
    "Reading",
    "Score",
    "ScoredReading",
    "ScoringMode",
    "TextSelection",
    "TokenInContext",
    "Units",
    "baselines_of",
    "compare",
    "compare_all",
    "compress_text",
    "find_copies",
    "forecast",
    "neural_baseline_scores",
    "ngram_scores",
    "read_whole",
    "readings",
    "restore_decoder",
    "score_nats",
    "score_text",
    "split_warnings",
    "uncertainty",
]
