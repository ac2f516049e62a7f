"""Gaps in a text, filled by a model that reads forward and one that reads backward together. No torch here."""

from seqgen.sampling.filling.fills import Fill, Surroundings, find_fills
from seqgen.sampling.filling.models import FillModels, open_fill_models
from seqgen.sampling.filling.reader import GapReader
from seqgen.sampling.filling.texts import FilledText, GappedText, choose_fills, fill_text

__all__ = [
    "Fill",
    "FillModels",
    "FilledText",
    "GapReader",
    "GappedText",
    "Surroundings",
    "choose_fills",
    "fill_text",
    "find_fills",
    "open_fill_models",
]
