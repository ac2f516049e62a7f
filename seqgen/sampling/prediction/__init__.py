"""From sources to the targets that a model of pairs predicts: labels with exact probabilities, texts by beam search."""

from seqgen.sampling.prediction.alignment import Alignment, align
from seqgen.sampling.prediction.predictor import Prediction, Predictor, predict_labels, predict_texts

__all__ = ["Alignment", "Prediction", "Predictor", "align", "predict_labels", "predict_texts"]
