"""From a saved model to new text: prompt -> logits -> constraints and filters -> ids -> text. No torch here."""

from seqgen.sampling.beam import beam_search
from seqgen.sampling.candidates import Candidates
from seqgen.sampling.co_writer import CoWriter
from seqgen.sampling.constraints.constraint_set import require_constraints
from seqgen.sampling.direction import require_forward, whole_text
from seqgen.sampling.generate import SampledTokens, generate
from seqgen.sampling.generated_text import GeneratedText
from seqgen.sampling.growing_text import Ending
from seqgen.sampling.new_texts import write_texts
from seqgen.sampling.odds import next_odds
from seqgen.sampling.prediction import Alignment, Prediction, Predictor, align, predict_labels, predict_texts
from seqgen.sampling.prefill import Prefill, prefill, units_of
from seqgen.sampling.prompt import FittedPrompt, fit_prompt
from seqgen.sampling.provenance import Provenance, provenance_of, read_provenance
from seqgen.sampling.sources import after_source, source_tokenizer_of
from seqgen.sampling.text_logits import logits_after
from seqgen.sampling.text_stream import TextPiece, TextStream

__all__ = [
    "Alignment",
    "Candidates",
    "CoWriter",
    "Ending",
    "FittedPrompt",
    "GeneratedText",
    "Prediction",
    "Predictor",
    "Prefill",
    "Provenance",
    "SampledTokens",
    "TextPiece",
    "TextStream",
    "after_source",
    "align",
    "beam_search",
    "fit_prompt",
    "generate",
    "logits_after",
    "next_odds",
    "predict_labels",
    "predict_texts",
    "prefill",
    "provenance_of",
    "read_provenance",
    "require_constraints",
    "require_forward",
    "source_tokenizer_of",
    "units_of",
    "whole_text",
    "write_texts",
]
