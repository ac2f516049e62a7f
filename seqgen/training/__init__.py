"""Fitting a decoder to a text: the trainer, its optimizer and schedule, and the sitting that saves it."""

from seqgen.training.reports import EndReport, Report, StepReport, ValidationReport
from seqgen.training.session import Session, TrainingRequest

__all__ = ["EndReport", "Report", "Session", "StepReport", "TrainingRequest", "ValidationReport"]
