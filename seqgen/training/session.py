"""A training and its run folder: prepares, trains, saves, and goes on where another session stopped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import final

import torch

from seqgen import run
from seqgen.config import Budget, Device
from seqgen.errors import ConfigError
from seqgen.models import build_model, count_parameters, load_weights, read_weights
from seqgen.models.devices import choose_device, describe_environment, device_again
from seqgen.run import EndReport, Progress, Report, RunRecord, SavedModel, ValidationReport
from seqgen.tokenizers import Tokenizer
from seqgen.training.checkpoint import read_state, restore_state
from seqgen.training.data import PreparedCorpus, prepare_again, prepare_corpus
from seqgen.training.memory import keep_freed_memory
from seqgen.training.planning.candidates import choose_configuration
from seqgen.training.planning.resolve import start_from
from seqgen.training.process_group import ProcessGroup
from seqgen.training.request import TrainingRequest
from seqgen.training.trainer import TrainingState, train
from seqgen.version import __version__

_SAVE_EVERY_S = 60.0


@final
class Session:
    """One session at a run: `start` or `resume` makes it, `reports` trains, `save` keeps all of it."""

    def __init__(self, folder: Path, record: RunRecord, text: PreparedCorpus, state: TrainingState) -> None:
        self.folder = folder
        self.record = record
        self.state = state
        self._text = text
        self._data = text.streams(record.training)
        self._unsaved: list[Report] = []
        self._saved_at = time.monotonic()
        keep_freed_memory()

    @property
    def read_s(self) -> float:
        """How long reading and encoding the corpus took."""
        return self._text.took_s

    @property
    def tokenizer(self) -> Tokenizer:
        return self._text.tokenizer

    @property
    def characters_per_token(self) -> float:
        """Of the training part."""
        train = self._text.parts["train"]
        return train.n_characters / len(train.ids)

    @property
    def n_parameters(self) -> int:
        return count_parameters(self.state.model)

    @property
    def epoch(self) -> float:
        """Passes over the training part so far."""
        return self.state.n_tokens / self._data.train.targets_per_epoch

    @classmethod
    def start(cls, request: TrainingRequest) -> Session:
        """Read the corpus, build vocabulary and model, and make the run folder with the untrained model in it.

        Raises:
            SeqgenError: the corpus, the options or the folder will not do; no run folder is left behind.
        """
        device = choose_device(request.device)
        group = ProcessGroup.join(device)
        with group.watched():
            if "-" in request.corpus.paths and group.size > 1:
                raise ConfigError("several processes cannot share standard input: give a file")
            if request.folder is not None and group.is_first:
                run.require_new(request.folder)  # before a long reading, not after it
            return cls._start(request, device, group)

    @classmethod
    def _start(cls, request: TrainingRequest, device: torch.device, group: ProcessGroup) -> Session:
        text = prepare_corpus(request.corpus, request.tokenizer, request.parent)
        budget = request.budget_or_default
        parent = request.parent
        cell, settings = start_from(parent.record.model if parent else None, request.cell, request.settings)
        resolved, notes = choose_configuration(cell, settings, text.facts, budget, device, group)
        group.require_divides(resolved.training.n_streams)
        created = datetime.now(timezone.utc)
        folder = request.folder or run.default_folder(request.corpus.paths[0], resolved.model.cell, created)
        record = RunRecord(
            name=folder.name,
            created=created.isoformat(),
            version=__version__,
            model=resolved.model,
            training=resolved.training,
            budget=budget,
            corpus=text.record,
            notes=(*text.notes, *resolved.notes, *notes),
            parent=parent.sha256 if parent else None,
            environment=describe_environment(device),
        )
        torch.manual_seed(record.training.seed)
        model = build_model(record.model)
        if parent is not None:
            load_weights(model, parent.weights)
        model.to(device)
        torch.manual_seed(record.training.seed + group.rank)  # dropout differs from process to process
        session = cls(folder, record, text, TrainingState.fresh(model, record.training, group))
        if not group.is_first:
            return session
        run.create_folder(folder)
        try:
            session._save_model(None)
        except BaseException:
            folder.rmdir()
            raise
        return session

    @classmethod
    def resume(
        cls,
        folder: Path,
        *,
        budget: Budget | None = None,
        device: Device | None = None,
        corpus_paths: tuple[str, ...] = (),
    ) -> Session:
        """Go on with a run: in one process, with the same bytes to come as if it had never stopped.

        `device` is by default the one it ran on; `corpus_paths` is where its text is now, if it is neither
        in the cache nor where it was.

        Raises:
            RunError: the folder holds no run that can be resumed.
            CorpusError: its text is found nowhere unchanged.
        """
        checkpoint = run.load_checkpoint(folder)
        best = run.open_model(folder)
        chosen = choose_device(device) if device else device_again(checkpoint.record.environment)
        record = replace(
            checkpoint.record,
            budget=budget or checkpoint.record.budget,
            version=__version__,
            environment=describe_environment(chosen),
        )
        group = ProcessGroup.join(chosen)
        group.require_divides(record.training.n_streams)
        text = prepare_again(record.corpus, best.tokenizer, corpus_paths)
        model = build_model(record.model).to(chosen)
        with group.watched():
            state = TrainingState.fresh(model, record.training, group)
        restore_state(state, checkpoint)
        best_nats = best.record.progress.valid_nats_per_token
        if best_nats is not None and best_nats < state.best_nats:  # the run was killed after this was saved
            state.best_nats, state.best_step = best_nats, best.record.progress.step
        if budget is not None:
            state.n_worse = 0  # who gives more time wants it used
        if group.is_first:
            run.truncate_history(folder, state.step)
        return cls(folder, record, text, state)

    def reports(self) -> Iterator[Report]:
        """Train to the end of the budget; the best model and, now and then, everything is saved on the way.

        After any report the caller may stop and `save`.

        Raises:
            RunError: another process of the group has died.
        """
        with self.state.group.watched():
            yield from self._reports()

    def any_process_stops(self, stop: bool) -> bool:
        """Whether any process of the group wishes to stop; every one of them must ask after every report."""
        return self.state.group.any(stop)

    def close(self) -> None:
        """Leave the group."""
        self.state.group.leave()

    def _reports(self) -> Iterator[Report]:
        is_first = self.state.group.is_first
        for report in train(self.state, self._data, self.record.training, self.record.budget):
            if is_first:
                self._unsaved.append(report)
            if isinstance(report, ValidationReport) and report.is_best and is_first:
                self._save_model(report)
            if isinstance(report, EndReport) and report.reason == "diverged":
                if is_first:
                    run.append_reports(
                        self.folder, self._take_unsaved()
                    )  # what is saved is worth more than what is left
            elif isinstance(report, EndReport) or self.state.group.broadcast(self._unsaved_s) > _SAVE_EVERY_S:
                self.save()
            yield report

    @property
    def _unsaved_s(self) -> float:
        return time.monotonic() - self._saved_at

    def snapshot(self) -> SavedModel:
        """The model as it is now, in memory."""
        weights = read_weights(self.state.model)
        return SavedModel(self.folder / run.MODEL_FILE, "", self._record_now(None), self.tokenizer, weights)

    def save(self) -> None:
        """Write all that resuming needs; as long as nothing has been validated, the model too.

        Every process of a group must call it; the first one writes.

        Raises:
            RunError: the disk is full or gone; the files before are untouched.
        """
        arrays = read_state(self.state)
        self._saved_at = time.monotonic()
        if not self.state.group.is_first:
            return
        if self.state.validated_step < 0:  # the last weights are better than the untrained ones
            self._save_model(None)
        run.save_checkpoint(self.folder, self._record_now(None), arrays)
        run.append_reports(self.folder, self._take_unsaved())

    def _save_model(self, validation: ValidationReport | None) -> None:
        state = self.state
        is_average = validation is not None and validation.is_average
        with state.average.in_place() if is_average and state.average else contextlib.nullcontext():
            weights = read_weights(state.model)
        run.save_model(self.folder, self._record_now(validation), self.tokenizer, weights)

    def _record_now(self, validation: ValidationReport | None) -> RunRecord:
        progress = Progress(
            step=self.state.step,
            n_tokens=self.state.n_tokens,
            epoch=round(self.epoch, 4),
            elapsed_s=round(self.state.elapsed_s, 3),
            valid_nats_per_token=validation.nats_per_token if validation else None,
            valid_bits_per_character=validation.bits_per_character if validation else None,
            is_average=validation is not None and validation.is_average,
        )
        return replace(self.record, progress=progress)

    def _take_unsaved(self) -> list[Report]:
        reports, self._unsaved = self._unsaved, []
        return reports
