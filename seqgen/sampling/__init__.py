"""Logits -> filters -> ids -> text. No torch here."""

from seqgen.sampling.beam import beam_search
from seqgen.sampling.generate import Begun, Drawn, begin, generate
from seqgen.sampling.generated import Text, next_odds, write_texts
from seqgen.sampling.prompt import FittedPrompt, fit_prompt
from seqgen.sampling.stream import Ending, Piece, TextStream

__all__ = [
    "Begun",
    "Drawn",
    "Ending",
    "FittedPrompt",
    "Piece",
    "Text",
    "TextStream",
    "beam_search",
    "begin",
    "fit_prompt",
    "generate",
    "next_odds",
    "write_texts",
]
