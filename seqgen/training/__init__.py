"""Training a decoder on a text: planning, the trainer, its optimizers and schedule, and the session that saves."""

from seqgen.run import EndReport, Report, StepReport, ValidationReport
from seqgen.training.logs import Log, LogOpener, log_opener
from seqgen.training.planning.race_requests import race_requests
from seqgen.training.request import TrainingRequest
from seqgen.training.session import Session
from seqgen.training.verdict import Verdict, judge, judge_race

__all__ = [
    "EndReport",
    "Log",
    "LogOpener",
    "Report",
    "Session",
    "StepReport",
    "TrainingRequest",
    "ValidationReport",
    "Verdict",
    "judge",
    "judge_race",
    "log_opener",
    "race_requests",
]
