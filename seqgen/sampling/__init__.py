"""Logits -> filters -> ids -> text. No torch here."""

from seqgen.sampling.generate import choose, generate
from seqgen.sampling.prompt import FittedPrompt, fit_prompt
from seqgen.sampling.text import TextStream

__all__ = ["FittedPrompt", "TextStream", "choose", "fit_prompt", "generate"]
