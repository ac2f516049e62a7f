"""One session of training: it runs the trainer over an open run, saves on the way, and answers for its progress."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import final

import torch

from seqgen import run
from seqgen.config import DEFAULT_SAVE_EVERY_S, Budget, Device
from seqgen.models import count_parameters, read_weights
from seqgen.run import EndReport, Report, RunRecord, SavedModel, ValidationReport
from seqgen.tokenizers import Tokenizer
from seqgen.training.memory import keep_freed_memory
from seqgen.training.open_run import OpenRun, create_run, reopen_run
from seqgen.training.request import TrainingRequest
from seqgen.training.running_time import RunningTime
from seqgen.training.save_schedule import SaveSchedule
from seqgen.training.saver import Saver
from seqgen.training.threads import ThreadTuner
from seqgen.training.trainer import train


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
    ['StepReport', 'ValidationReport', 'StepReport', 'ValidationReport', 'EndReport']
    >>> session.step
    2
    """

    def __init__(self, opened: OpenRun, *, save_every_s: float = DEFAULT_SAVE_EVERY_S) -> None:
        self.folder = opened.folder
        self.state = opened.state
        self.corpus = opened.corpus
        """What is learned from: the text or the pairs, as ids."""
        self._data = opened.data
        self._threads = ThreadTuner(most=torch.get_num_threads()) if opened.may_change_threads else None
        self._time = RunningTime()
        self.save_schedule = SaveSchedule(save_every_s, time=self._time)
        self._saver = Saver(opened, self.save_schedule)
        self._has_ended = False
        keep_freed_memory()

    @classmethod
    def start(cls, request: TrainingRequest) -> Session:
        """Read the corpus, build vocabulary and model, and make the run folder with the untrained model in it.

        Raises:
            SeqgenError: the corpus, the options or the folder cannot be used. No run folder is left behind.
        """
        return cls(create_run(request), save_every_s=request.save_every_s)

    @classmethod
    def resume(
        cls,
        folder: Path,
        *,
        budget: Budget | None = None,
        device: Device | None = None,
        corpus_paths: tuple[str, ...] = (),
        save_every_s: float = DEFAULT_SAVE_EVERY_S,
    ) -> Session:
        """Continue a run. A single process computes the same bytes as if the run had never stopped.

        Args:
            budget: None keeps the budget of the run. It counts from the beginning of the run.
            device: None takes the device that the run was on.
            corpus_paths: where the text is now, if it is neither in the cache nor where it was.
            save_every_s: seconds from one save to the next.

        Raises:
            RunError: the folder holds no run that can be resumed, or another training run uses it.
            CorpusError: the text is found nowhere unchanged.
        """
        opened = reopen_run(folder, budget=budget, device=device, corpus_paths=corpus_paths)
        return cls(opened, save_every_s=save_every_s)

    @property
    def record(self) -> RunRecord:
        """The record of the run. Its `progress` belongs to the best model so far, which is the one in the folder."""
        return self._saver.record

    @property
    def save_problem(self) -> str | None:
        """What went wrong with the latest save, which is tried again with the next one; None if nothing did."""
        return self._saver.problem

    @property
    def saved_in(self) -> Path | None:
        """The folder with the latest save, which may be another one than `folder`; None if there is none yet."""
        return self._saver.saved_in

    @property
    def is_first_process(self) -> bool:
        """Whether this process prints and saves for all that train together. True for a single process."""
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
        """Seconds of training, earlier sessions included, pauses left out."""
        return self.state.elapsed_s

    @property
    def paused_s(self) -> float:
        """Seconds in which this process stood still since the session began, because it was stopped or a laptop slept.

        They are no training time.
        """
        return self._time.paused_s

    @property
    def tokens_per_s(self) -> float:
        """Mean throughput since the beginning of the run."""
        return self.n_tokens / max(self.elapsed_s, 1e-9)

    @property
    def best_nats(self) -> float:
        """Nats per token of the best model on validation; infinite as long as none was validated."""
        nats = self.record.progress.valid_nats_per_token
        return math.inf if nats is None else nats

    @property
    def best_bits(self) -> float | None:
        """Bits per character of the best model on validation; None if none was validated, or they do not exist."""
        return self.record.progress.valid_bits_per_character

    @property
    def best_step(self) -> int:
        """The step of the best model."""
        return self.record.progress.step

    @property
    def device(self) -> torch.device:
        return self.state.device

    @property
    def n_threads(self) -> int:
        """How many threads train. With a budget in minutes, the number follows the load of the machine."""
        return self._threads.n_threads if self._threads else torch.get_num_threads()

    @property
    def tokenizer(self) -> Tokenizer:
        return self.corpus.tokenizer

    @property
    def source_tokenizer(self) -> Tokenizer | None:
        return self.corpus.source_tokenizer

    @property
    def n_parameters(self) -> int:
        return count_parameters(self.state.model)

    @property
    def corpus_notes(self) -> tuple[str, ...]:
        """What there is to say about the text, such as that its file has changed since the run began."""
        return self.corpus.notes

    @property
    def characters_per_token(self) -> float | None:
        """Mean over what is predicted in the training part; None for labels, which are no text."""
        return self.corpus.characters_per_token

    def reports(self) -> Iterator[Report]:
        """Train to the end of the budget. The best model, and now and then everything, is saved on the way.

        The caller may stop after any report and call `save`.

        Raises:
            RunError: another process of the group has died.
        """
        with self.state.group.watched(), self._time.beating():
            yield from self._reports()

    def any_process_stops(self, stop: bool) -> bool:
        """Whether a stop was requested in any process. All processes must ask after every report."""
        return self.state.group.any(stop)

    def close(self) -> None:
        """Leave the process group and the run folder to others. What was not saved is lost."""
        self._saver.close()
        self.state.group.leave()

    def snapshot(self) -> SavedModel:
        """The model as it is now, in memory."""
        path, record, weights = self.folder / run.MODEL_FILE, self._saver.record_now(), read_weights(self.state.model)
        return SavedModel(path, "", record, self.tokenizer, weights, source_tokenizer=self.source_tokenizer)

    def save(self) -> None:
        """Write everything that resuming needs. Before the first validation, write the model as well.

        All processes of the group must call this; the first one writes. After the end of the training it does nothing,
        because everything is saved.

        Raises:
            RunError: the disk is full or the folder is gone. It says where the run was saved instead, if it could be.
        """
        if not self._has_ended:
            self._saver.save()

    def _reports(self) -> Iterator[Report]:
        config, budget = self.record.training, self.record.budget
        reports = train(self.state, self._data, config=config, budget=budget, time=self._time)
        for report in self._threads.timed(reports, self._time) if self._threads else reports:
            self._saver.add_report(report)
            if isinstance(report, ValidationReport) and report.is_best:
                self._saver.keep_if_best(report)
            if isinstance(report, EndReport):
                self._end(report)
            else:
                self._saver.save_if_due()
            yield report
        self._saver.close()

    def _end(self, report: EndReport) -> None:
        if report.reason == "diverged":
            self._saver.save_reports()
        else:
            self.save()
        self._has_ended = True
