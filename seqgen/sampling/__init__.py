"""Logits -> filters -> ids -> text. No torch here."""

from seqgen.sampling.generate import Drawn, generate
from seqgen.sampling.prompt import FittedPrompt, fit_prompt
from seqgen.sampling.text import Ending, Piece, TextStream
from seqgen.sampling.whole import Text, next_odds, write_texts

__all__ = [
    "Drawn",
    "Ending",
    "FittedPrompt",
    "Piece",
    "Text",
    "TextStream",
    "fit_prompt",
    "generate",
    "next_odds",
    "write_texts",
]
