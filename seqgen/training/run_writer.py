"""Writes the files of a run while it is trained, and tries again what a full disk refused."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from numpy.typing import NDArray

from seqgen import run
from seqgen.durable import is_there
from seqgen.errors import RunError
from seqgen.run import LAST_FILE, METRICS_FILE, MODEL_FILE, FolderLock, Report, RunRecord
from seqgen.training.prepared import Prepared
from seqgen.training.rescue import HeldFiles, RescueFolder

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
        self._held = HeldFiles(lock.folder)
        self._metrics_end = self._held.size_of(METRICS_FILE)
        self._place = run.named_folder(lock.folder)  # now: what `.` means is unknown when the folder is gone
        self._rescue: RescueFolder | None = None

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self._lock.folder

    @property
    def has_folder(self) -> bool:
        """Whether the run folder is where it was."""
        return self._lock.has_folder

    @property
    def saved_in(self) -> Path | None:
        """The folder with the latest save; None if there is none."""
        instead = [self._rescue.folder] if self._rescue else []
        return next((folder for folder in (*instead, self.folder) if is_there(folder / LAST_FILE)), None)

    @property
    def is_saved_in_temporary(self) -> bool:
        """Whether the latest save is among temporary files."""
        return self._rescue is not None and self._rescue.is_temporary and self.saved_in == self._rescue.folder

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
        _save_model(self.folder, self._corpus, record=self._model[0], weights=self._model[1])
        self._model = None
        self._held.hold(MODEL_FILE)

    def write_reports(self) -> None:
        """Write the reports that wait.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        self._lock.require_folder()
        self._metrics_end = run.append_reports(self.folder, self._reports, end=self._metrics_end)
        self._reports = []
        self._held.hold(METRICS_FILE)

    def write_all(self, record: RunRecord, checkpoint: Arrays) -> None:
        """Write everything that waits, and a checkpoint.

        The reports go first. If the process is killed before the checkpoint is written, resuming removes the reports
        that are ahead of it; in the other order they would be missing.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        self.write_model()
        self.write_reports()
        run.save_checkpoint(self.folder, record, tensors=checkpoint)
        if self._rescue is not None:  # the folder is back, and has everything
            self._rescue.remove()
            self._rescue = None

    def write_elsewhere(self, record: RunRecord, checkpoint: Arrays) -> RescueFolder:
        """Write everything into another folder, because it cannot be written into the run folder. Returns that folder.

        It holds all that the run folder would hold, so the run can be resumed from it.

        Raises:
            RunError: it can be written nowhere.
        """
        rescue = self._rescue or RescueFolder.make(self._place, beside_it=not self.has_folder)
        try:
            self._write_into(rescue.folder, record, checkpoint)
        except BaseException:
            if self._rescue is None:  # otherwise there is an earlier save in it
                rescue.remove()
            raise
        self._rescue = rescue
        return rescue

    def close(self) -> None:
        """Let other training runs use the folder. Nothing can be written after that."""
        self._held.close()
        self._lock.release()
        if self._rescue is not None:
            self._rescue.release()

    def _write_into(self, folder: Path, record: RunRecord, checkpoint: Arrays) -> None:
        """Write everything into a folder that may hold an earlier save of this session."""
        if self._model is None:
            self._held.copy(MODEL_FILE, folder)
        else:
            _save_model(folder, self._corpus, record=self._model[0], weights=self._model[1])
        if self._metrics_end:
            self._held.copy(METRICS_FILE, folder, n_bytes=self._metrics_end)
        run.append_reports(folder, self._reports, end=self._metrics_end)
        run.save_checkpoint(folder, record, tensors=checkpoint)


def begin_folder(folder: Path, record: RunRecord, corpus: Prepared, *, weights: Arrays) -> FolderLock:
    """Make and lock the folder of a new run, with the untrained model in it.

    Raises:
        RunError: it cannot be made, or nothing can be written there. No folder is left behind.
    """
    lock = run.create_folder(folder)
    try:
        _save_model(folder, corpus, record=record, weights=weights)
    except BaseException as error:
        lock.release()
        with contextlib.suppress(OSError):  # the first error is the one to report
            folder.rmdir()
        if isinstance(error, RunError):
            raise RunError(f"{error}; fix this, or choose another folder with --out") from None
        raise
    return lock


def _save_model(folder: Path, corpus: Prepared, *, record: RunRecord, weights: Arrays) -> None:
    run.save_model(
        folder, record, tokenizer=corpus.tokenizer, weights=weights, source_tokenizer=corpus.source_tokenizer
    )
