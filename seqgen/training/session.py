"""A training and its run folder: it prepares, trains, saves, and continues where another session stopped."""

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
from seqgen.training.data import PreparedCorpus, prepare_corpus, reopen_corpus
from seqgen.training.memory import keep_freed_memory
from seqgen.training.planning.candidates import Planner
from seqgen.training.planning.resolve import Resolved
from seqgen.training.process_group import ProcessGroup
from seqgen.training.request import TrainingRequest
from seqgen.training.trainer import TrainingState, train
from seqgen.version import __version__

_SAVE_EVERY_S = 60.0


@final
class Session:
    """One session of training: `start` or `resume` makes it, `reports` trains, `save` writes everything to disk.

    >>> from pathlib import Path
    >>> from seqgen.config import Budget, CorpusConfig
    >>> from seqgen.training import TrainingRequest
    >>> request = TrainingRequest(
    ...     corpus=CorpusConfig(paths=("story.txt",)),
    ...     settings={"d_model": 16},
    ...     budget=Budget(steps=2),
    ...     folder=Path("checkpoints/small"),
    ... )
    >>> session = Session.start(request)
    >>> [type(report).__name__ for report in session.reports()]
    ['StepReport', 'StepReport', 'ValidationReport', 'EndReport']
    >>> session.step, session.epoch
    (2, ...)
    """

    def __init__(self, folder: Path, record: RunRecord, *, corpus: PreparedCorpus, state: TrainingState) -> None:
        self.folder = folder
        self.record = record
        self.state = state
        self._corpus = corpus
        self._data = corpus.streams(record.training)
        self._unsaved: list[Report] = []
        self._saved_at = time.monotonic()
        keep_freed_memory()

    @classmethod
    def start(cls, request: TrainingRequest) -> Session:
        """Read the corpus, build vocabulary and model, and make the run folder with the untrained model in it.

        Raises:
            SeqgenError: the corpus, the options or the folder cannot be used. No run folder is left behind.
        """
        device = choose_device(request.device)
        group = ProcessGroup.join(device)
        with group.watched():
            _check_before_reading(request, group)
            corpus = prepare_corpus(request)
            resolved = Planner.of(request, corpus.facts, device=device, group=group).choose()
            group.require_divides(resolved.training.n_streams)
            record = _first_record(request, corpus, resolved=resolved, device=device)
            state = _build_state(record, device, group=group, parent=request.parent)
            folder = request.folder or run.CHECKPOINTS / record.name
            session = cls(folder, record, corpus=corpus, state=state)
            if group.is_first:
                session._make_folder()
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
        """Continue a run. A single process computes the same bytes as if the run had never stopped.

        Args:
            budget: None keeps the budget of the run. It counts from the beginning of the run.
            device: None takes the device that the run was on.
            corpus_paths: where the text is now, if it is neither in the cache nor where it was.

        Raises:
            RunError: the folder holds no run that can be resumed.
            CorpusError: the text is found nowhere unchanged.
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
        corpus = reopen_corpus(record.corpus, best.tokenizer, corpus_paths)
        with group.watched():
            state = _build_state(record, chosen, group=group)
        restore_state(state, checkpoint)
        best_nats = best.record.progress.valid_nats_per_token
        if best_nats is not None and best_nats < state.best_nats:  # the run was killed after this was saved
            state.best_nats, state.best_step = best_nats, best.record.progress.step
        if budget is not None:
            state.n_worse = 0  # who gives more time wants it used
        if group.is_first:
            run.truncate_history(folder, state.step)
        return cls(folder, record, corpus=corpus, state=state)

    @property
    def is_first_process(self) -> bool:
        """Whether this process speaks and saves for all that train together. True for a process on its own."""
        return self.state.group.is_first

    @property
    def step(self) -> int:
        """Steps done since the beginning of the run."""
        return self.state.step

    @property
    def epoch(self) -> float:
        """Epochs done since the beginning of the run: 1.5 is one and a half."""
        return self.state.n_tokens / self._data.train.targets_per_epoch

    @property
    def n_tokens(self) -> int:
        """Tokens trained on since the beginning of the run."""
        return self.state.n_tokens

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, earlier sessions included."""
        return self.state.elapsed_s

    @property
    def tokens_per_s(self) -> float:
        """Mean throughput since the beginning of the run."""
        return self.n_tokens / max(self.elapsed_s, 1e-9)

    @property
    def best_nats(self) -> float:
        """Nats per token of the best validation; infinite as long as there was none."""
        return self.state.best_nats

    @property
    def best_step(self) -> int:
        """The step of the best validation."""
        return self.state.best_step

    @property
    def device(self) -> torch.device:
        return self.state.device

    @property
    def tokenizer(self) -> Tokenizer:
        return self._corpus.tokenizer

    @property
    def n_parameters(self) -> int:
        return count_parameters(self.state.model)

    @property
    def characters_per_token(self) -> float:
        """Mean over the training part."""
        return self._corpus.characters_per_token

    @property
    def read_s(self) -> float:
        """Seconds that reading and encoding the corpus took."""
        return self._corpus.took_s

    def reports(self) -> Iterator[Report]:
        """Train to the end of the budget. The best model, and now and then everything, is saved on the way.

        The caller may stop after any report and call `save`.

        Raises:
            RunError: another process of the group has died.
        """
        with self.state.group.watched():
            yield from self._reports()

    def any_process_stops(self, stop: bool) -> bool:
        """Whether a stop was requested in any process. All processes must ask after every report."""
        return self.state.group.any(stop)

    def close(self) -> None:
        """Leave the process group."""
        self.state.group.leave()

    def snapshot(self) -> SavedModel:
        """The model as it is now, in memory."""
        weights = read_weights(self.state.model)
        return SavedModel(self.folder / run.MODEL_FILE, "", self._record_now(None), self.tokenizer, weights)

    def save(self) -> None:
        """Write everything that resuming needs. Before the first validation, write the model as well.

        All processes of the group must call this; the first one writes.

        Raises:
            RunError: the disk is full or gone; the files from the last save are unchanged.
        """
        arrays = read_state(self.state)
        self._saved_at = time.monotonic()
        if not self.is_first_process:
            return
        if self.state.validated_step < 0:  # the latest weights are better than the untrained ones
            self._save_model(None)
        run.save_checkpoint(self.folder, self._record_now(None), arrays)
        run.append_reports(self.folder, self._take_unsaved())

    def _make_folder(self) -> None:
        run.create_folder(self.folder)
        try:
            self._save_model(None)
        except BaseException:
            self.folder.rmdir()
            raise

    def _reports(self) -> Iterator[Report]:
        for report in train(self.state, self._data, self.record.training, self.record.budget):
            if self.is_first_process:
                self._unsaved.append(report)
                if isinstance(report, ValidationReport) and report.is_best:
                    self._save_model(report)
            if isinstance(report, EndReport) and report.reason == "diverged":
                if self.is_first_process:  # the checkpoint on disk is worth more than the diverged weights
                    run.append_reports(self.folder, self._take_unsaved())
            elif isinstance(report, EndReport) or self.state.group.broadcast(self._unsaved_s) > _SAVE_EVERY_S:
                self.save()
            yield report

    @property
    def _unsaved_s(self) -> float:
        return time.monotonic() - self._saved_at

    def _save_model(self, validation: ValidationReport | None) -> None:
        average = self.state.average
        has_average = validation is not None and validation.is_average and average is not None
        with average.in_place() if has_average and average else contextlib.nullcontext():
            weights = read_weights(self.state.model)
        run.save_model(self.folder, self._record_now(validation), self.tokenizer, weights)

    def _record_now(self, validation: ValidationReport | None) -> RunRecord:
        progress = Progress(
            step=self.step,
            n_tokens=self.n_tokens,
            epoch=round(self.epoch, 4),
            elapsed_s=round(self.elapsed_s, 3),
            valid_nats_per_token=validation.nats_per_token if validation else None,
            valid_bits_per_character=validation.bits_per_character if validation else None,
            is_average=validation is not None and validation.is_average,
        )
        return replace(self.record, progress=progress)

    def _take_unsaved(self) -> list[Report]:
        reports, self._unsaved = self._unsaved, []
        return reports


def _check_before_reading(request: TrainingRequest, group: ProcessGroup) -> None:
    """Refuse what can be refused before a long corpus is read."""
    if "-" in request.corpus.paths and group.size > 1:
        raise ConfigError("several processes cannot share standard input: give a file")
    if request.folder is not None and group.is_first:
        run.require_new(request.folder)


def _first_record(
    request: TrainingRequest, corpus: PreparedCorpus, *, resolved: Resolved, device: torch.device
) -> RunRecord:
    """The record of a run that has not begun."""
    created = datetime.now(timezone.utc)
    folder = request.folder or run.default_folder(request.corpus.paths[0], resolved.model.cell, created)
    return RunRecord(
        name=folder.name,
        created=created.isoformat(),
        version=__version__,
        model=resolved.model,
        training=resolved.training,
        budget=request.budget_or_default,
        corpus=corpus.record,
        notes=(*corpus.notes, *resolved.notes),
        parent=request.parent.sha256 if request.parent else None,
        environment=describe_environment(device),
    )


def _build_state(
    record: RunRecord, device: torch.device, *, group: ProcessGroup, parent: SavedModel | None = None
) -> TrainingState:
    """A model and its optimizers before the first step, with fresh weights or the parent's."""
    torch.manual_seed(record.training.seed)
    model = build_model(record.model)
    if parent is not None:
        load_weights(model, parent.weights)
    model.to(device)
    torch.manual_seed(record.training.seed + group.rank)  # dropout differs from process to process
    return TrainingState.fresh(model, record.training, group)
