"""Writes the files of a run while it is trained, and tries again what a full disk refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from numpy.typing import NDArray

from seqgen import run
from seqgen.run import FolderLock, Report, RunRecord
from seqgen.training.prepared import Prepared

Arrays = Mapping[str, NDArray[Any]]


@final
class RunWriter:
    """Writes the files of a run folder that is locked, so that nothing else writes there.

    Reports and the best model wait in memory until they are written. So after a failed write nothing is lost: the next
    one makes up for it.
    """

    def __init__(self, lock: FolderLock, corpus: Prepared) -> None:
        self._lock = lock
        self._corpus = corpus
        self._reports: list[Report] = []
        self._model: tuple[RunRecord, Arrays] | None = None

    def add_report(self, report: Report) -> None:
        """Put a report among those that the next write takes to disk."""
        self._reports.append(report)

    def set_model(self, record: RunRecord, weights: Arrays) -> None:
        """Replace the model that the next write takes to disk."""
        self._model = record, weights

    def write_model(self) -> None:
        """Write the model that waits, if there is one.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        if self._model is None:
            return
        self._lock.require_folder()
        record, weights = self._model
        run.save_model(
            self._lock.folder,
            record,
            tokenizer=self._corpus.tokenizer,
            weights=weights,
            source_tokenizer=self._corpus.source_tokenizer,
        )
        self._model = None

    def write_reports(self) -> None:
        """Write the reports that wait.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        self._lock.require_folder()
        run.append_reports(self._lock.folder, self._reports)
        self._reports = []

    def write_all(self, record: RunRecord, checkpoint: Arrays) -> None:
        """Write everything that waits, and a checkpoint.

        The reports go first. If the process is killed before the checkpoint is written, resuming removes the reports
        that are ahead of it; in the other order they would be missing.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        self.write_model()
        self.write_reports()
        run.save_checkpoint(self._lock.folder, record, tensors=checkpoint)

    def close(self) -> None:
        """Let other training runs use the folder. Nothing can be written after that."""
        self._lock.release()
