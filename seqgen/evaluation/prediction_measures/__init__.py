"""How well targets are predicted from sources: measures, baselines and comparisons, which know no model.

Labels are measured from the probabilities of all labels, texts from one answer to each source.
"""

from seqgen.evaluation.prediction_measures.bags import Bags, Vocabulary, character_ngrams, words
from seqgen.evaluation.prediction_measures.baselines_of_labels import LabelBaseline, label_baselines
from seqgen.evaluation.prediction_measures.baselines_of_texts import TextBaseline, text_baselines
from seqgen.evaluation.prediction_measures.calibration import Calibration, CalibrationBin, calibrate
from seqgen.evaluation.prediction_measures.estimates import Estimate, rate, share
from seqgen.evaluation.prediction_measures.labels import (
    UNKNOWN_LABEL,
    LabelMeasures,
    LabelScore,
    Mistake,
    measure_labels,
)
from seqgen.evaluation.prediction_measures.lengths import LengthBin, measure_by_length
from seqgen.evaluation.prediction_measures.logistic_regression import LogisticRegression, logistic_regression_note
from seqgen.evaluation.prediction_measures.naive_bayes import NaiveBayes
from seqgen.evaluation.prediction_measures.nearest_source import NearestSource
from seqgen.evaluation.prediction_measures.outcomes import Measure, Outcomes, hits
from seqgen.evaluation.prediction_measures.paired import PairedDifference, compare_outcomes, pool_differences
from seqgen.evaluation.prediction_measures.references import Question, count_edits, unite_sources
from seqgen.evaluation.prediction_measures.sentence_scores import (
    SentenceScore,
    are_sentences,
    score_sentences,
    sentence_scores_note,
)
from seqgen.evaluation.prediction_measures.texts import TextMeasures, measure_texts

__all__ = [
    "UNKNOWN_LABEL",
    "Bags",
    "Calibration",
    "CalibrationBin",
    "Estimate",
    "LabelBaseline",
    "LabelMeasures",
    "LabelScore",
    "LengthBin",
    "LogisticRegression",
    "Measure",
    "Mistake",
    "NaiveBayes",
    "NearestSource",
    "Outcomes",
    "PairedDifference",
    "Question",
    "SentenceScore",
    "TextBaseline",
    "TextMeasures",
    "Vocabulary",
    "are_sentences",
    "calibrate",
    "character_ngrams",
    "compare_outcomes",
    "count_edits",
    "hits",
    "label_baselines",
    "logistic_regression_note",
    "measure_by_length",
    "measure_labels",
    "measure_texts",
    "pool_differences",
    "rate",
    "score_sentences",
    "sentence_scores_note",
    "share",
    "text_baselines",
    "unite_sources",
    "words",
]
