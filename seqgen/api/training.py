"""Training from a program: one call, which does what `seqgen train` does."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.api.model import LanguageModel
from seqgen.api.progress import TrainingBar
from seqgen.config import (
    DEFAULT_SAVE_EVERY_S,
    Budget,
    Cell,
    Device,
    checked_options,
    checked_path,
    parse_duration,
    require_name,
    several,
)
from seqgen.corpus.given import Texts
from seqgen.errors import ConfigError, RunError, did_you_mean
from seqgen.launch import require_single_process, require_working_folder
from seqgen.run import MODEL_FILE, EndReport, Report, RunRecord, SavedModel, load_checkpoint, open_model
from seqgen.waiting import watched

if TYPE_CHECKING:
    from seqgen.training import Session, TrainingRequest

_DECIDES_START = {"backward", "tokenizer", "vocab_size", "word_split", "parent"}
"""Options after which a start from a base is not weighed. A named cell and a shape decide it too."""
_OF_RESUME = ("steps", "epochs", "device", "corpus", "save_every")

OnReport = Callable[[Report], object]


def train(
    texts: Texts,
    *,
    minutes: float | None = None,
    cell: Cell | None = None,
    on_report: OnReport | None = None,
    progress: bool | None = None,
    **options: Any,
) -> LanguageModel:
    """Train a model as `seqgen train` does, and return it.

    What you leave out is chosen to suit the text and the time. The run folder is `folder`, or a new one under
    `./checkpoints`. With a budget in minutes, it is weighed whether to begin from the base `english`; `parent=None`
    rules that out. At the end, the run gets its temperature and its n-gram expert.

    Args:
        texts: a path or several, a text, a list of documents, or a list of pairs `(source, target)`. A string that
            names an existing file or folder is a path. What is in memory is kept in the cache.
        minutes: how long to train, 5 unless `steps` or `epochs` are given.
        cell: the kind of model.
        on_report: is called with every report: `StepReport`, `ValidationReport` and at last `EndReport`, or what else
            `seqgen.run.Report` names. An error that it raises ends the training, and everything is saved before.
        progress: whether to draw a bar; None draws one in a notebook and on a terminal.
        options: any field of `CorpusConfig`, of the tokenizer, of the model and of `TrainingConfig`, such as
            `documents="line"`, `d_model=256` or `seed=1`; and `steps`, `epochs`, `valid`, `test` (texts),
            `tokenizer`, `target_tokenizer`, `encoder`, `attention`, `device`, `folder`, `save_every` (the time between
            saves, such as "5m"), and `parent` (a model or run to begin from).

    Raises:
        ConfigError: an unknown option, or a value that is not possible.
        CorpusError: the text cannot be read, or is too short.
        RunError: the folder cannot be written, or the loss goes wrong again and again.

    >>> import seqgen
    >>> losses = []
    >>> model = seqgen.train("story.txt", steps=2, d_model=16, on_report=losses.append, folder="checkpoints/new")
    >>> model.name, model.saved.record.progress.step, type(losses[0]).__name__
    ('new', 2, 'StepReport')
    """
    require_working_folder()
    require_single_process("seqgen.train")
    with TrainingBar(is_wanted=progress) as bar, watched(bar.show_wait):
        from seqgen.training import Session

        request = _request(texts, {**options, "minutes": minutes, "cell": cell})
        return _finish(Session.start(request), bar, on_report)


def resume(
    run: str | Path | LanguageModel,
    *,
    minutes: float | None = None,
    on_report: OnReport | None = None,
    progress: bool | None = None,
    **options: Any,
) -> LanguageModel:
    """Go on with a run where it was saved last, as `seqgen train --resume` does, and return its model.

    A budget (`minutes`, or `steps` or `epochs` among the options) counts from the beginning of the run; without one,
    the run keeps its own. Further options are `device`, `save_every`, and `corpus`, the paths at which its text is now.
    A warning says if the latest save is damaged, so that the run goes on from the one before.

    Raises:
        ConfigError: an unknown option, or the budget is used up.
        CorpusError: its text is found nowhere unchanged.
        RunError: it cannot be resumed, or the loss goes wrong again and again.

    >>> import seqgen
    >>> model = seqgen.resume("checkpoints/story", steps=4)
    >>> model.saved.record.budget.steps, model.history[-1]["step"]
    (4, 4)
    """
    require_working_folder()
    require_single_process("seqgen.resume")
    _require_options_of_resume(options)
    folder = _folder_of(run.saved.path) if isinstance(run, LanguageModel) else checked_path(run, "run")
    budget = checked_options(Budget, {"minutes": minutes, **{name: options.get(name) for name in ("steps", "epochs")}})
    every = options.get("save_every")
    save_every_s = DEFAULT_SAVE_EVERY_S if every is None else parse_duration(every, field="save_every")
    paths = _paths_of(options.get("corpus"))
    with TrainingBar(is_wanted=progress) as bar, watched(bar.show_wait):
        from seqgen.training import Session

        checkpoint = load_checkpoint(folder)
        _require_budget(folder, checkpoint.record, budget)
        if checkpoint.note is not None:
            warnings.warn(f"{folder}: {checkpoint.note}", RuntimeWarning, stacklevel=2)
        session = Session.resume(
            folder,
            budget=budget if budget.is_set else None,
            device=options.get("device"),
            corpus_paths=paths,
            save_every_s=save_every_s,
        )
        return _finish(session, bar, on_report, corpus_paths=paths)


def _require_options_of_resume(options: Mapping[str, Any]) -> None:
    for name in options.keys() - set(_OF_RESUME):
        near = did_you_mean(name, _OF_RESUME) or f": the options are minutes, {', '.join(_OF_RESUME)}"
        raise ConfigError(f"{name} is an unknown option of resume{near}")
    if options.get("device") is not None:
        require_name("device", options["device"], Device)


def _paths_of(corpus: object) -> tuple[str, ...]:
    """The paths that a text has now, given as one or several; none if it is None."""
    paths = () if corpus is None else several(corpus)
    return tuple(str(checked_path(path, "corpus")) for path in (paths if isinstance(paths, tuple) else (paths,)))


def _require_budget(folder: Path, record: RunRecord, budget: Budget) -> None:
    """Refuse a budget that is used up, before anything in the folder changes."""
    progress = record.progress
    in_force = budget if budget.is_set else record.budget
    if in_force.is_spent(step=progress.step, epoch=progress.epoch, elapsed_s=progress.elapsed_s):
        done = f"{progress.step:,} steps, {progress.epoch:.1f} epochs and {progress.elapsed_s / 60:.1f} minutes"
        raise ConfigError(
            f"{folder} has its budget behind it ({done}): give more minutes, steps or epochs, counted from its start"
        )


def _request(texts: Texts, options: dict[str, Any]) -> TrainingRequest:
    """The request for a run, planned if a start from the base has to be weighed."""
    from seqgen.evaluation import choose_start
    from seqgen.training import base_to_weigh
    from seqgen.training.keywords import training_request

    is_decided = bool(options.keys() & _DECIDES_START) or options["cell"] is not None
    if options.get("parent") is not None:
        options = {**options, "parent": _saved(options["parent"])}
    request = training_request(texts, options)
    base = base_to_weigh(request, is_decided=is_decided)
    return request if base is None else choose_start(request, base)


def _saved(model: str | Path | LanguageModel) -> SavedModel:
    return model.saved if isinstance(model, LanguageModel) else open_model(model)


def _folder_of(path: Path) -> Path:
    """The folder of a run; the file of a model that is in none, so that it is refused as a single file."""
    return path.parent if path.name == MODEL_FILE else path


def _finish(
    session: Session, bar: TrainingBar, on_report: OnReport | None, *, corpus_paths: Sequence[str] = ()
) -> LanguageModel:
    """Train to the end, give the run what it gets at its end, and open it."""
    from seqgen.evaluation import close_run

    told: str | None = None
    with contextlib.closing(session):
        for report in session.reports():
            bar.show(report)
            told = _warn_of_saves(session.save_problem, told)
            if on_report is not None:
                _tell(on_report, report, session=session)
            if isinstance(report, EndReport) and report.reason == "diverged":
                raise RunError(
                    f"the loss of {session.folder} went wrong even at an eighth of the learning rates, at step "
                    f"{report.step}: choose a lower learning_rate"
                )
    with watched(bar.show_wait):
        close_run(session.folder, corpus_paths=corpus_paths)
    return LanguageModel(open_model(session.folder))


def _warn_of_saves(problem: str | None, told: str | None) -> str | None:
    """Warn once of saves that fail, because a program sees no notes. Returns the problem, which is told now."""
    if problem is not None and problem != told:
        warnings.warn(problem, RuntimeWarning, stacklevel=4)  # at the line that trains or resumes
    return problem


def _tell(on_report: OnReport, report: Report, *, session: Session) -> None:
    try:
        on_report(report)
    except BaseException:
        session.save()
        raise
