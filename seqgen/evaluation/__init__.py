"""Numbers about trained models that can be compared: scores, baselines, copies, the quality of samples.

Everything here returns its results; nothing is printed.
"""

from seqgen.evaluation.against_baselines import compare_with_baseline, differences_to_json, pool
from seqgen.evaluation.baselines import Baseline, baselines_of, ngram_scores
from seqgen.evaluation.breakdown import HighestLosses, TokenLoss, Unit, UnitLoss, UnitLosses
from seqgen.evaluation.closing import Closing, close_run
from seqgen.evaluation.compare import (
    MIN_BYTES,
    MIN_BYTES_ALONE,
    Blocks,
    Difference,
    ScoredText,
    compare,
    comparison_obstacle,
    score_blocks,
    uncertainty,
)
from seqgen.evaluation.compressors import CompressedSize, Compression, compress_text
from seqgen.evaluation.copies import CopiedSpan, CopyReport, Excerpt, find_copies
from seqgen.evaluation.dynamic import DynamicEvaluation
from seqgen.evaluation.external_texts import line_end_notes
from seqgen.evaluation.forecast import Forecast, Prospect, choose_start, forecast
from seqgen.evaluation.human_text import HumanText, Quality
from seqgen.evaluation.learned_expert import ExpertGain
from seqgen.evaluation.learned_label_expert import LabelGain
from seqgen.evaluation.neural_baselines import neural_baseline_scores
from seqgen.evaluation.ngram import NgramModel
from seqgen.evaluation.novelty import CopyIndex, Novelty
from seqgen.evaluation.readings import Reading, TextSelection, read_whole, readings
from seqgen.evaluation.sample_quality import QualityReport, measure_quality
from seqgen.evaluation.score import Score, score_nats, score_text
from seqgen.evaluation.scored_readings import Comparison, ScoredReading, compare_all, in_first_mode, split_warnings
from seqgen.evaluation.scoring_modes import Context, FromEnd, ScoringMode
from seqgen.evaluation.symbols import Observer, write_symbol
from seqgen.evaluation.units import Units
from seqgen.restored import restore_decoder

__all__ = [
    "MIN_BYTES",
    "MIN_BYTES_ALONE",
    "Baseline",
    "Blocks",
    "Closing",
    "Comparison",
    "CompressedSize",
    "Compression",
    "Context",
    "CopiedSpan",
    "CopyIndex",
    "CopyReport",
    "Difference",
    "DynamicEvaluation",
    "Excerpt",
    "ExpertGain",
    "Forecast",
    "FromEnd",
    "HighestLosses",
    "HumanText",
    "LabelGain",
    "NgramModel",
    "Novelty",
    "Observer",
    "Prospect",
    "Quality",
    "QualityReport",
    "Reading",
    "Score",
    "ScoredReading",
    "ScoredText",
    "ScoringMode",
    "TextSelection",
    "TokenLoss",
    "Unit",
    "UnitLoss",
    "UnitLosses",
    "Units",
    "baselines_of",
    "choose_start",
    "close_run",
    "compare",
    "compare_all",
    "compare_with_baseline",
    "comparison_obstacle",
    "compress_text",
    "differences_to_json",
    "find_copies",
    "forecast",
    "in_first_mode",
    "line_end_notes",
    "measure_quality",
    "neural_baseline_scores",
    "ngram_scores",
    "pool",
    "read_whole",
    "readings",
    "restore_decoder",
    "score_blocks",
    "score_nats",
    "score_text",
    "split_warnings",
    "uncertainty",
    "write_symbol",
]
