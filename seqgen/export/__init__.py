"""A model in the formats of other programs: one package a format, all held to the logits of the NumPy stepper."""

from seqgen.export.base import Exported, Exporter
from seqgen.export.card import model_card
from seqgen.export.exporting import EXPORTERS, export_model

__all__ = ["EXPORTERS", "Exported", "Exporter", "export_model", "model_card"]
