"""Saves what a session has trained: the best model when there is one, and everything now and then."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, final

from numpy.typing import NDArray

from seqgen.errors import RunError
from seqgen.models import read_weights
from seqgen.run import Progress, Report, RunRecord, ValidationReport, broken_array
from seqgen.training.checkpoint import read_state
from seqgen.training.open_run import OpenRun
from seqgen.training.run_writer import RunWriter
from seqgen.training.save_schedule import SaveSchedule

Arrays = Mapping[str, NDArray[Any]]

_NOT_SAVED = "not saved, but training continues"
_MAY_GO = "may be emptied when the computer restarts"


@final
class Saver:
    """Decides what is saved and when, and keeps the record of the best model. A `RunWriter` writes the files."""

    def __init__(self, opened: OpenRun, schedule: SaveSchedule) -> None:
        self.record = opened.record
        """The record of the run. Its `progress` belongs to the best model so far."""
        self.problem: str | None = None
        """What went wrong with the latest save, and where it is instead; it is tried again with the next one. None if
        nothing did."""
        self._state = opened.state
        self._schedule = schedule
        self._writer = RunWriter(opened.lock, opened.corpus) if opened.lock else None
        """None in all processes but the first, which alone writes. The others keep only the record."""
        self._targets_per_epoch = opened.data.train.targets_per_epoch

    @property
    def saved_in(self) -> Path | None:
        """The folder with the latest save; None if there is none, or another process knows it."""
        return self._writer.saved_in if self._writer else None

    def add_report(self, report: Report) -> None:
        """Put a report among those that the next save takes to disk."""
        self._state.n_reports += 1
        if self._writer is not None:
            self._writer.add_report(report)

    def save(self) -> None:
        """Write everything that resuming needs. Before the first validation, write the model as well.

        All processes must call this, because each reads its part of the state.

        Raises:
            RunError: the disk is full or the folder is gone. It says where everything was written instead, if it could.
                Or a number of the state is not finite; then the save before is worth more.
        """
        arrays = read_state(self._state)
        if (broken := broken_array(arrays)) is not None:
            with contextlib.suppress(RunError):
                self.save_reports()
            raise RunError(f"{broken} holds infinity or NaN, so nothing was saved; {self._save_before}")
        try:
            self._write(arrays)
        except RunError as error:
            raise RunError(f"{error}; {self._last_resort(arrays)}") from None

    def save_if_due(self) -> None:
        """Save if the first process says that it is time. A save that fails is a problem, not an error."""
        if not self._state.group.broadcast(self._schedule.is_due):
            return
        with self._schedule.timing():
            arrays = read_state(self._state)
            if (broken := broken_array(arrays)) is not None:
                self.problem = f"{_NOT_SAVED}: {broken} holds infinity or NaN"
                return
            try:
                self._write(arrays)
            except RunError as error:
                self.problem = self._way_out(arrays, error)

    def keep_if_best(self, validation: ValidationReport) -> None:
        """Keep the validated weights, unless a better model was saved before the run was killed and resumed."""
        best = self.record.progress.valid_nats_per_token
        if best is not None and validation.nats_per_token > best:
            return
        self.record = self.record_now(validation)
        if self._writer is None:
            return
        average = self._state.average if validation.is_average else None
        with average.in_place() if average else contextlib.nullcontext():
            self._writer.set_model(self.record, read_weights(self._state.model))
        try:
            self._writer.write_model()
        except RunError as error:
            self.problem = self.problem or f"{_NOT_SAVED}: {error}"

    def save_reports(self) -> None:
        """Write the reports alone: the checkpoint on disk is worth more than diverged weights.

        Raises:
            RunError: the disk is full or the folder is gone.
        """
        if self._writer is not None:
            self._writer.write_reports()

    def close(self) -> None:
        """Let other training runs use the folder. Nothing can be saved after that."""
        if self._writer is not None:
            self._writer.close()

    def record_now(self, validation: ValidationReport | None = None) -> RunRecord:
        """The record of the model as it is now, with its score if it was validated."""
        state = self._state
        progress = Progress(
            step=state.step,
            n_tokens=state.n_tokens,
            epoch=round(state.n_tokens / self._targets_per_epoch, 4),
            elapsed_s=round(state.elapsed_s, 3),
            valid_nats_per_token=validation.nats_per_token if validation else None,
            valid_bits_per_character=validation.bits_per_character if validation else None,
            is_average=validation is not None and validation.is_average,
        )
        return replace(self.record, progress=progress)

    def _write(self, arrays: Arrays) -> None:
        if self._writer is None:
            return
        if self._state.validated_step < 0 and self.record.progress.valid_nats_per_token is None:
            self.record = self.record_now()  # the latest weights are better than the untrained ones
            self._writer.set_model(self.record, read_weights(self._state.model))
        self._writer.write_all(self.record_now(), arrays)
        self.problem = None

    def _way_out(self, arrays: Arrays, error: RunError) -> str:
        """Save elsewhere as long as the folder is gone, and say what becomes of the run."""
        if self._writer is not None and not self._writer.has_folder:
            with contextlib.suppress(RunError):
                rescue = self._writer.write_elsewhere(self.record_now(), arrays)
                until = "until it is back" + (f"; that folder {_MAY_GO}" if rescue.is_temporary else "")
                return f"{error}: the run is saved in {rescue.folder} {until}"
        return f"{_NOT_SAVED}: {error}"

    def _last_resort(self, arrays: Arrays) -> str:
        """Save elsewhere, because this is the last save, and say how to continue."""
        assert self._writer is not None
        try:
            rescue = self._writer.write_elsewhere(self.record_now(), arrays)
        except RunError:
            return "it could be saved nowhere else" if self.saved_in is None else self._save_before
        advice = f", which {_MAY_GO}: move it, or" if rescue.is_temporary else ":"
        return f"the run is saved in {rescue.folder}{advice} continue {_how(rescue.folder)}"

    @property
    def _save_before(self) -> str:
        """How to go on without a new save."""
        folder = self.saved_in
        if folder is None:
            return "begin again"
        place = f", in a folder that {_MAY_GO}," if self._writer and self._writer.is_saved_in_temporary else ""
        return f"continue from the save before{place} {_how(folder)}"


def _how(folder: Path) -> str:
    return f"with seqgen train --resume {shlex.quote(str(folder))}"
