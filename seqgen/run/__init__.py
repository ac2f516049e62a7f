"""The run folder: its record, its reports and its files. This package does not import torch."""

from seqgen.run.amendments import amend_model
from seqgen.run.checkpoint import Checkpoint, broken_array, load_checkpoint, save_checkpoint, set_damaged_aside
from seqgen.run.folder import (
    CHECKPOINTS,
    CURVE_FILE,
    DAMAGED_FILE,
    LAST_FILE,
    MODEL_FILE,
    PREVIOUS_FILE,
    create_folder,
    default_folder,
    named_folder,
    require_new,
    require_run,
    require_writable,
    save_curve,
)
from seqgen.run.history import METRICS_FILE, History, append_reports, read_history, truncate_history
from seqgen.run.lock import LOCK_FILE, FolderLock
from seqgen.run.named_model import open_model
from seqgen.run.newest import newest_models
from seqgen.run.record import Progress, RunRecord
from seqgen.run.reports import (
    EndReason,
    EndReport,
    Report,
    SetbackReport,
    SkipReport,
    StepReport,
    ValidationReport,
    report_from_json,
    report_to_json,
)
from seqgen.run.saved_model import SavedModel, load_model, save_model

__all__ = [
    "CHECKPOINTS",
    "CURVE_FILE",
    "DAMAGED_FILE",
    "LAST_FILE",
    "LOCK_FILE",
    "METRICS_FILE",
    "MODEL_FILE",
    "PREVIOUS_FILE",
    "Checkpoint",
    "EndReason",
    "EndReport",
    "FolderLock",
    "History",
    "Progress",
    "Report",
    "RunRecord",
    "SavedModel",
    "SetbackReport",
    "SkipReport",
    "StepReport",
    "ValidationReport",
    "amend_model",
    "append_reports",
    "broken_array",
    "create_folder",
    "default_folder",
    "load_checkpoint",
    "load_model",
    "named_folder",
    "newest_models",
    "open_model",
    "read_history",
    "report_from_json",
    "report_to_json",
    "require_new",
    "require_run",
    "require_writable",
    "save_checkpoint",
    "save_curve",
    "save_model",
    "set_damaged_aside",
    "truncate_history",
]
