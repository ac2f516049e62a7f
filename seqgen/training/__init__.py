"""Training a decoder on a text: planning, the trainer, its optimizers and schedule, and the session that saves."""

from seqgen.run import EndReport, Report, SetbackReport, SkipReport, StepReport, ValidationReport
from seqgen.training.logs import Log, LogOpener, log_opener
from seqgen.training.planning.race_requests import race_requests
from seqgen.training.race_verdict import judge_race, race_remarks
from seqgen.training.request import TrainingRequest, another_seed, base_to_weigh
from seqgen.training.session import Session
from seqgen.training.verdict import Verdict, judge

__all__ = [
    "EndReport",
    "Log",
    "LogOpener",
    "Report",
    "Session",
    "SetbackReport",
    "SkipReport",
    "StepReport",
    "TrainingRequest",
    "ValidationReport",
    "Verdict",
    "another_seed",
    "base_to_weigh",
    "judge",
    "judge_race",
    "log_opener",
    "race_remarks",
    "race_requests",
]
