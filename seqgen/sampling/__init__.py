"""Logits -> filters -> ids -> text. No torch here."""

from seqgen.sampling.beam import beam_search
from seqgen.sampling.generate import Prefill, SampledTokens, generate, prefill
from seqgen.sampling.generated import GeneratedText, next_odds, write_texts
from seqgen.sampling.prompt import FittedPrompt, fit_prompt
from seqgen.sampling.stream import Ending, TextPiece, TextStream

__all__ = [
    "Ending",
    "FittedPrompt",
    "GeneratedText",
    "Prefill",
    "SampledTokens",
    "TextPiece",
    "TextStream",
    "beam_search",
    "fit_prompt",
    "generate",
    "next_odds",
    "prefill",
    "write_texts",
]
