"""The end of a training run: expert and temperature are found together, and stored at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqgen import container, corpus
from seqgen.config import Budget
from seqgen.errors import RunError
from seqgen.evaluation import Closing, close_run
from seqgen.evaluation import closing as closing_module
from seqgen.run import FolderLock, SavedModel, amendments, load_model, open_model
from tests import tiny

TEXT = tiny.STORIES.read_text(encoding="utf-8")[:30_000]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run to which nobody has said at which temperature it writes best. Tests write an expert into it."""
    return tiny.trained(tmp_path_factory.mktemp("closing") / "run", text=TEXT, budget=Budget(steps=40))


def finds_temperature(found: Callable[[SavedModel], float | None], patch: pytest.MonkeyPatch) -> None:
    patch.setattr(closing_module, "best_temperature", lambda model, parts: found(model))


def test_model_and_corpus_are_opened_once_and_both_finds_are_written_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls.append(name)
            return function(*arguments, **named)

        return call

    monkeypatch.setattr(amendments, "write_container", counted("write", container.write_container))
    monkeypatch.setattr(closing_module, "load_model", counted("load", load_model))
    monkeypatch.setattr(closing_module, "reopen_part", counted("reopen", corpus.reopen_part))
    finds_temperature(lambda model: 0.4, monkeypatch)
    found = close_run(folder)
    assert calls == ["load", "reopen", "reopen", "write"]
    saved = open_model(folder)
    assert found.gain is not None
    assert saved.expert is not None
    assert saved.record.temperature == found.temperature == 0.4


def test_the_temperature_is_that_of_the_mixture(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights: list[float | None] = []
    finds_temperature(lambda model: weights.append(model.expert and model.expert.weight), monkeypatch)
    run = tiny.trained(folder.with_name("other"), text=TEXT, budget=Budget(steps=40))
    gain = close_run(run).gain
    assert gain is not None
    assert weights == [gain.weight]


def test_a_run_whose_text_is_gone_keeps_what_it_has(folder: Path, own_cache: Path, tmp_path: Path) -> None:
    run = tiny.trained(tmp_path / "run")
    (tmp_path / "run.txt").unlink()
    for path in own_cache.rglob("*"):
        if path.is_file():
            path.unlink()
    assert close_run(run) == Closing(None, None)


def test_a_run_that_is_being_trained_is_left_alone(run_folder: Path) -> None:
    lock = FolderLock.acquire(run_folder)
    try:
        with pytest.raises(RunError, match="in use by another training run"):
            close_run(run_folder)
    finally:
        lock.release()
