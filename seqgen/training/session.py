"""A training and its run folder: prepares, trains, saves, and goes on where another sitting stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, final

import torch

import seqgen
from seqgen import run
from seqgen.config import Budget, Cell, CharConfig, CorpusConfig, Device, FieldValue, TokenizerConfig
from seqgen.models import build_model, count_parameters, load_weights, read_weights
from seqgen.run import RunRecord, SavedModel
from seqgen.tokenizers import Tokenizer
from seqgen.training.checkpoint import read_state, restore_state
from seqgen.training.data import PreparedText, prepare_again, prepare_text
from seqgen.training.devices import choose_device, describe_environment, device_again
from seqgen.training.optimizers import build_optimizer
from seqgen.training.reports import EndReport, Report, ValidationReport, to_json
from seqgen.training.resolve import resolve, start_from
from seqgen.training.trainer import TrainingState, train

_SAVE_EVERY_S = 60.0


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What a user asks for; everything left out is chosen."""

    corpus: CorpusConfig
    cell: Cell | None = None
    tokenizer: TokenizerConfig = field(default_factory=CharConfig)
    settings: Mapping[str, FieldValue] = field(default_factory=dict)
    """Fields of the model and of `TrainingConfig` by name."""
    budget: Budget = field(default_factory=Budget)
    device: Device = "auto"
    folder: Path | None = None
    """The run folder; None makes one under `checkpoints/`, named after corpus, cell and time."""
    parent: SavedModel | None = None
    """A model whose weights and tokenizer training begins from."""


@final
class Session:
    """One sitting at a run: `start` or `resume` makes it, `reports` trains, `save` keeps all of it."""

    def __init__(self, folder: Path, record: RunRecord, text: PreparedText, state: TrainingState) -> None:
        self.folder = folder
        self.record = record
        self.state = state
        self._text = text
        self._data = text.streams(record.training)
        self._lines: list[dict[str, Any]] = []
        self._saved_at = time.monotonic()

    @property
    def read_s(self) -> float:
        """How long reading and encoding the corpus took."""
        return self._text.took_s

    @property
    def tokenizer(self) -> Tokenizer:
        return self._text.tokenizer

    @property
    def n_parameters(self) -> int:
        return count_parameters(self.state.model)

    @property
    def epoch(self) -> float:
        """Passes over the training part so far."""
        return self.state.step / len(self._data.train)

    @classmethod
    def start(cls, request: TrainingRequest) -> Session:
        """Read the corpus, build vocabulary and model, and make the run folder with the untrained model in it.

        Raises:
            SeqgenError: the corpus, the options or the folder will not do; no run folder is left behind.
        """
        device = choose_device(request.device)
        if request.folder is not None:
            run.require_new(request.folder)  # before a long reading, not after it
        text = prepare_text(request.corpus, request.tokenizer, request.parent)
        budget = request.budget if request.budget.is_set else Budget.default()
        parent = request.parent
        cell, settings = start_from(parent.record.model if parent else None, request.cell, request.settings)
        resolved = resolve(cell, settings, text.facts, budget)
        created = datetime.now(timezone.utc)
        folder = request.folder or run.default_folder(request.corpus.paths[0], cell, created)
        record = RunRecord(
            name=folder.name,
            created=created.isoformat(),
            version=seqgen.__version__,
            model=resolved.model,
            training=resolved.training,
            budget=budget,
            corpus=text.record,
            progress={},
            notes=(*text.notes, *resolved.notes),
            parent=parent.sha256 if parent else None,
            environment=describe_environment(device),
        )
        torch.manual_seed(record.training.seed)
        model = build_model(record.model)
        if parent is not None:
            load_weights(model, parent.weights)
        model.to(device)
        session = cls(folder, record, text, TrainingState(model, build_optimizer(model, record.training)))
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
        """Go on with a run, with the same bytes to come as if it had never stopped.

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
            version=seqgen.__version__,
            environment=describe_environment(chosen),
        )
        text = prepare_again(record.corpus, best.tokenizer, corpus_paths)
        model = build_model(record.model).to(chosen)
        state = TrainingState(model, build_optimizer(model, record.training))
        restore_state(state, checkpoint)
        best_nats = best.record.progress["valid_nats_per_token"]
        if best_nats is not None and best_nats < state.best_nats:  # the run was killed after this was saved
            state.best_nats, state.best_step = best_nats, best.record.progress["step"]
        if budget is not None:
            state.n_worse = 0  # who gives more time wants it used
        run.cut_metrics(folder, state.step)
        return cls(folder, record, text, state)

    def reports(self) -> Iterator[Report]:
        """Train to the end of the budget; the best model and, now and then, everything is saved on the way.

        After any report the caller may stop and `save`.
        """
        for report in train(self.state, self._data, self.record.training, self.record.budget):
            self._lines.append(to_json(report))
            if isinstance(report, ValidationReport) and report.is_best:
                self._save_model(report)
            if isinstance(report, EndReport) and report.reason == "diverged":
                run.append_metrics(self.folder, self._take_lines())  # what is saved is worth more than what is left
            elif isinstance(report, EndReport) or time.monotonic() - self._saved_at > _SAVE_EVERY_S:
                self.save()
            yield report

    def snapshot(self) -> SavedModel:
        """The model as it is now, in memory."""
        weights = read_weights(self.state.model)
        return SavedModel(self.folder / run.MODEL_FILE, "", self._record_now(None), self.tokenizer, weights)

    def save(self) -> None:
        """Write all that resuming needs; as long as nothing has been validated, the model too.

        Raises:
            RunError: the disk is full or gone; the files before are untouched.
        """
        if self.state.validated_step < 0:  # the last weights are better than the untrained ones
            self._save_model(None)
        run.save_checkpoint(self.folder, self._record_now(None), read_state(self.state))
        run.append_metrics(self.folder, self._take_lines())
        self._saved_at = time.monotonic()

    def _save_model(self, validation: ValidationReport | None) -> None:
        run.save_model(self.folder, self._record_now(validation), self.tokenizer, read_weights(self.state.model))

    def _record_now(self, validation: ValidationReport | None) -> RunRecord:
        progress = {
            "step": self.state.step,
            "n_tokens": self.state.n_tokens,
            "epoch": round(self.epoch, 4),
            "elapsed_s": round(self.state.elapsed_s, 3),
            "valid_nats_per_token": validation and validation.nats_per_token,
            "valid_bits_per_character": validation and validation.bits_per_character,
        }
        return replace(self.record, progress=progress)

    def _take_lines(self) -> list[dict[str, Any]]:
        lines, self._lines = self._lines, []
        return lines
