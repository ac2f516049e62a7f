"""A run made ready to be trained: a new one from a request, or an earlier one from its folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import torch

from seqgen import run
from seqgen.config import Budget, Device
from seqgen.durable import remove_unfinished
from seqgen.errors import ConfigError, RunError
from seqgen.launch import process_rank
from seqgen.models import build_model, load_weights, read_weights
from seqgen.models.devices import choose_device, describe_environment, recorded_device
from seqgen.run import Checkpoint, FolderLock, RunRecord, SavedModel
from seqgen.run.saved_model import Weights
from seqgen.training.checkpoint import restore_state
from seqgen.training.pairs import PreparedPairs
from seqgen.training.planning.choice import choose_configuration
from seqgen.training.planning.resolve import Resolved
from seqgen.training.prepared import Prepared, prepare, reopen
from seqgen.training.process_group import ProcessGroup
from seqgen.training.request import TrainingRequest
from seqgen.training.run_writer import begin_folder
from seqgen.training.state import TrainingData, TrainingState
from seqgen.training.tokenizer_trials import describe_trials, settle_tokenizer
from seqgen.training.vocabulary_change import VocabularyChange
from seqgen.version import __version__
from seqgen.waiting import waiting


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """Everything that a session needs."""

    folder: Path
    lock: FolderLock | None
    """None in all processes but the first, which alone writes into the folder."""
    record: RunRecord
    """The record of the run. Its `progress` belongs to the best model so far, which is the one in the folder."""
    corpus: Prepared
    data: TrainingData
    state: TrainingState

    @property
    def may_change_threads(self) -> bool:
        """Whether the load of the machine may choose the number of threads.

        Steps and epochs must repeat byte for byte, and several processes have one thread each.
        """
        return self.record.budget.minutes is not None and self.state.device.type == "cpu" and self.state.group.size == 1


def create_run(request: TrainingRequest) -> OpenRun:
    """Read the corpus, build vocabulary and model, and make the run folder with the untrained model in it.

    Raises:
        SeqgenError: the corpus, the options or the folder cannot be used. No run folder is left behind.
    """
    device = choose_device(request.device)
    group = ProcessGroup.join(device)
    with group.watched():
        _check_before_reading(request, group)
        request, corpus = _read(request, group)
        resolved = request.planned or choose_configuration(request, corpus, device=device, group=group)
        group.require_divides(resolved.training.n_streams)
        change = _vocabulary_change(request, corpus)
        record = _first_record(request, corpus, resolved=resolved, device=device)
        if change is not None and request.parent is not None:
            record = replace(record, notes=(*record.notes, change.describe(request.parent.name)))
        state = _build_state(
            record, device, group=group, begin=partial(_begin_weights, record, request, corpus=corpus, change=change)
        )
        folder, data = request.folder or run.CHECKPOINTS / record.name, corpus.streams(record.training)
        lock = begin_folder(folder, record, corpus, weights=read_weights(state.model)) if group.is_first else None
    return OpenRun(folder=folder, lock=lock, record=record, corpus=corpus, data=data, state=state)


def reopen_run(
    folder: Path, *, budget: Budget | None = None, device: Device | None = None, corpus_paths: tuple[str, ...] = ()
) -> OpenRun:
    """Lock the folder of an earlier run and restore its state; `Session.resume` says what the arguments mean.

    Raises:
        RunError: the folder holds no run that can be resumed, or another training run uses it.
        CorpusError: the text is found nowhere unchanged.
    """
    with _locked(folder) as lock:
        checkpoint, best = _load_run(folder)
        chosen = choose_device(device) if device else recorded_device(checkpoint.record.environment)
        record = replace(
            checkpoint.record,
            budget=budget or checkpoint.record.budget,
            version=__version__,
            progress=best.record.progress,
            environment=describe_environment(chosen),
        )
        group = ProcessGroup.join(chosen)
        group.require_divides(record.training.n_streams)
        corpus = reopen(best, corpus_paths=corpus_paths)
        if checkpoint.note is not None:
            corpus = replace(corpus, notes=(checkpoint.note, *corpus.notes))
        with group.watched():
            state = _build_state(record, chosen, group=group)
        restore_state(state, checkpoint)
        if budget is not None:
            state.n_worse = 0  # whoever gives more time wants it to be used
        if lock is not None:
            if checkpoint.note is not None:
                run.set_damaged_aside(folder)
            state.n_reports = run.truncate_history(folder, state.step, n_reports=state.n_reports)
        data = corpus.streams(record.training)
    return OpenRun(folder=folder, lock=lock, record=record, corpus=corpus, data=data, state=state)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[FolderLock | None]:
    """Lock an earlier run in the first process. The lock outlives the block, unless the block fails."""
    run.require_run(folder)
    lock = FolderLock.acquire(folder) if process_rank() == 0 else None
    if lock is not None:
        remove_unfinished(folder)
    try:
        yield lock
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def _check_before_reading(request: TrainingRequest, group: ProcessGroup) -> None:
    """Refuse what can be refused before a long corpus is read."""
    if "-" in request.corpus.paths and group.size > 1:
        raise ConfigError("several processes cannot share standard input: give a file")
    if group.is_first:
        require_folder(request)


def require_folder(request: TrainingRequest) -> None:
    """Check that the run folder can be made, before a long corpus is read.

    Raises:
        RunError: it exists, or cannot be written to.

    >>> from seqgen.config import CorpusConfig
    >>> require_folder(TrainingRequest(corpus=CorpusConfig(paths=("a",)), folder=Path("checkpoints/story")))
    Traceback (most recent call last):
    seqgen.errors.RunError: ...
    """
    if request.folder is not None:
        run.require_new(request.folder)
    run.require_writable(request.folder or run.CHECKPOINTS)


def _read(request: TrainingRequest, group: ProcessGroup) -> tuple[TrainingRequest, Prepared]:
    """The corpus in the tokens that the request names or that trials have chosen, and the request with these tokens."""
    request, trials = settle_tokenizer(request, group=group)
    corpus = prepare(request)
    return request, replace(corpus, notes=(*describe_trials(trials), *corpus.notes))


def _load_run(folder: Path) -> tuple[Checkpoint, SavedModel]:
    """The checkpoint and the best model of a run.

    Raises:
        RunError: one of them cannot be read, or they are of different runs.
    """
    checkpoint = run.load_checkpoint(folder)
    try:
        best = run.open_model(folder)
    except RunError as error:
        raise RunError(f"{folder} cannot be resumed without the vocabulary in its best model: {error}") from None
    both = checkpoint.record, best.record
    if len({(record.created, record.model, record.encoder) for record in both}) > 1:
        raise RunError(f"{folder} holds files of different runs: {checkpoint.path.name} does not fit {best.path.name}")
    return checkpoint, best


def _first_record(request: TrainingRequest, corpus: Prepared, *, resolved: Resolved, device: torch.device) -> RunRecord:
    """The record of a run before its first step."""
    created = datetime.now(timezone.utc)
    folder = request.folder or run.default_folder(request.corpus.paths[0], resolved.model.cell, created=created)
    return RunRecord(
        name=run.named_folder(folder).name,
        created=created.isoformat(),
        version=__version__,
        model=resolved.model,
        encoder=resolved.encoder,
        training=resolved.training,
        budget=request.budget_or_default,
        corpus=corpus.record,
        notes=(*corpus.notes, *resolved.notes),
        choices=resolved.choices,
        parent=request.parent.sha256 if request.parent else None,
        begun_from=_describe(request.parent) if request.parent else None,
        race=request.race,
        environment=describe_environment(device),
    )


def _describe(parent: SavedModel) -> str:
    return f"{parent.name}, which learned from {parent.record.learned_from}"


def _vocabulary_change(request: TrainingRequest, corpus: Prepared) -> VocabularyChange | None:
    """How the weights of the parent become those of a new vocabulary. None if there is no parent, or it is the same."""
    if request.parent is None or request.keeps_vocabulary or isinstance(corpus, PreparedPairs):
        return None
    return VocabularyChange.between(request.parent.tokenizer, corpus.tokenizer)


def _begin_weights(
    record: RunRecord, request: TrainingRequest, fresh: Weights, *, corpus: Prepared, change: VocabularyChange | None
) -> Weights:
    """The weights that a new run begins with: fresh ones, or those that it takes over from its parent."""
    if isinstance(corpus, PreparedPairs):
        return fresh if corpus.start is None else corpus.start.weights(fresh, record.model)
    if request.parent is None:
        return fresh
    return change.apply(request.parent, record.model, fresh=fresh) if change else request.parent.weights


def _build_state(
    record: RunRecord,
    device: torch.device,
    *,
    group: ProcessGroup,
    begin: Callable[[Weights], Weights] | None = None,
) -> TrainingState:
    """A model and its optimizers before the first step. `begin` turns fresh weights into those to begin with."""
    torch.manual_seed(record.training.seed)
    model = build_model(record.model, record.encoder)
    if begin is not None:
        load_weights(model, begin(read_weights(model)))
    model.to(device)
    torch.manual_seed(record.training.seed + group.rank)  # dropout differs from process to process
    with waiting("building the model"):
        return TrainingState.fresh(model, record.training, group=group, may_skip_encoder=record.may_skip_encoder)
