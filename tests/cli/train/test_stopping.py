"""`seqgen train` stopped by a signal or killed, and resumed: nothing is lost."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqgen.cli.train.progress import ProgressView
from seqgen.config import Budget
from seqgen.models import State, detach
from seqgen.run import (
    MODEL_FILE,
    load_checkpoint,
    open_model,
)
from seqgen.training import StepReport, save_schedule, trainer
from tests.cli.train.commands import SHAPE, TINY, reports, train, trained, weights
from tests.forked import Forked
from tests.tiny import metrics_lines
from tests.tiny_pairs import KINDS, labelled_words

LONGER = f"{SHAPE} --steps 400 --dropout 0.2 --set evaluate_every=40 --lr 0.003 --out run".split()
LONGEST_S = 60


def wait_until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < latest
        time.sleep(0.02)


def interrupt_after(step: int, number: int, patch: pytest.MonkeyPatch) -> None:
    """Send this process a signal when the report of that step has been shown."""
    show = ProgressView.show

    def show_and_interrupt(view: ProgressView, report: Any) -> None:
        show(view, report)
        if isinstance(report, StepReport) and report.step == step:
            signal.raise_signal(number)

    patch.setattr(ProgressView, "show", show_and_interrupt)


@pytest.mark.parametrize("step", [1, 5, 6, 20], ids=["first", "between", "before a validation", "last"])
def test_stopped_at_any_step_and_resumed_is_as_if_never_stopped(
    step: int, story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = f"{SHAPE} --steps 20 --dropout 0.2 --set evaluate_every=6".split()
    trained(story, *options, "--out", "whole/run")
    with monkeypatch.context() as patch:
        interrupt_after(step, signal.SIGINT, patch)
        stopped = train(story, *options, "--out", "parts/run")
    assert stopped.exit_code == 130
    assert stopped.stderr.splitlines()[-1] == (
        f"saved at step {step}; continue with: seqgen train --resume {Path('parts/run')}"
    )
    assert load_checkpoint(Path("parts/run")).record.progress.step == step
    assert f"after step {step}" in trained("--resume", "parts/run", "--device", "cpu").stderr
    assert reports("parts/run") == reports("whole/run")
    assert weights("parts/run") == weights("whole/run")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_a_step_says_how_to_continue_and_the_resumed_run_is_as_if_it_had_not_failed(
    error: type[BaseException], story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = f"{SHAPE} --steps 8 --dropout 0.2".split()
    trained(story, *options, "--out", "whole/run")
    monkeypatch.setattr(save_schedule, "MOST_SHARE", math.inf)
    outcomes = iter([None, None, error("planted")])

    def detach_or_fail(state: State) -> State:  # here the weights have changed, and the position has not
        if (outcome := next(outcomes)) is not None:
            raise outcome
        return detach(state)

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "detach", detach_or_fail)
        failed = train(story, *options, "--out", "parts/run", "--save-every", "0.000001s")
    assert failed.exit_code == (130 if error is KeyboardInterrupt else 1)
    assert failed.stderr.splitlines()[-1] == (
        f"ended after step 2 without a save; continue from the last one with: seqgen train --resume {Path('parts/run')}"
    )
    assert "after step 2" in trained("--resume", "parts/run", "--device", "cpu").stderr
    assert reports("parts/run") == reports("whole/run")
    assert weights("parts/run") == weights("whole/run")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_kill_and_a_closed_terminal_save_too(name: str, story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(signal, name):
        pytest.skip(f"this system has no {name}")
    number = getattr(signal, name)
    interrupt_after(2, number, monkeypatch)
    assert train(story, *TINY, "--out", "run").exit_code == 128 + number
    assert load_checkpoint(Path("run")).record.progress.step == 2


@pytest.mark.parametrize(("kind", "name"), [("text", "SIGINT"), ("label", "SIGTERM")])
def test_a_run_of_pairs_stopped_and_resumed_is_as_if_never_stopped(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels have their expert in the end, which is a part of the model file."""
    monkeypatch.chdir(tmp_path)
    pairs = {"text": KINDS["text"], "label": labelled_words(900)}
    Path("pairs.tsv").write_text(pairs[kind])
    shape = "--width 16 --streams 4 --window 2 --device cpu"
    options = f"pairs.tsv --pairs {shape} --steps 12 --dropout 0.2 --set evaluate_every=5".split()
    trained(*options, "--out", "whole/run")
    with monkeypatch.context() as patch:
        interrupt_after(7, getattr(signal, name), patch)
        assert train(*options, "--out", "parts/run").exit_code == 128 + getattr(signal, name)
    assert load_checkpoint(Path("parts/run")).record.progress.step == 7
    trained("--resume", "parts/run", "--device", "cpu")
    assert reports("parts/run") == reports("whole/run")
    assert weights("parts/run") == weights("whole/run")
    part, whole = (open_model(folder).label_expert for folder in ("parts/run", "whole/run"))
    assert (part is not None) is (whole is not None) is (kind == "label")
    if part is not None and whole is not None:
        assert (part.powers, part.table.tobytes()) == (whole.powers, whole.table.tobytes())


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_a_closed_terminal_is_ignored_under_nohup(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        interrupt_after(2, signal.SIGHUP, monkeypatch)
        trained(story, *TINY, "--out", "run")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert load_checkpoint(Path("run")).record.progress.step == 3


@pytest.mark.skipif(os.name != "posix", reason="signals are sent otherwise elsewhere")
def test_ctrl_c_on_a_real_process_loses_nothing(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The resumed run ends with the weights of one that was never stopped."""
    for name in ("whole", "parts"):
        Path(name).mkdir()
    monkeypatch.chdir("parts")
    process = Forked("train", "../story.txt", *LONGER, log=Path("log"))
    wait_until(lambda: "\nstep 1:" in process.said())
    os.kill(process.pid, signal.SIGINT)
    assert process.end(LONGEST_S) == 130
    monkeypatch.chdir("..")
    assert "continue with: seqgen train --resume run" in process.said()
    assert "Traceback" not in process.said()
    assert 1 <= load_checkpoint(Path("parts/run")).record.progress.step < 400

    for folder, arguments in (("parts", ["--resume", "run", "--device", "cpu"]), ("whole", ["../story.txt", *LONGER])):
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            trained(*arguments)
    assert weights("parts/run") == weights("whole/run")
    assert reports("parts/run") == reports("whole/run")


@pytest.mark.skipif(os.name != "posix", reason="a kill is another thing elsewhere")
def test_a_killed_process_leaves_a_model_that_loads(story: Path) -> None:
    process = Forked("train", story, *LONGER, "--steps", 1000000, log=Path("log"))
    wait_until(Path("run", MODEL_FILE).exists)
    os.kill(process.pid, signal.SIGKILL)
    assert process.end(LONGEST_S) == -signal.SIGKILL
    assert open_model("run").record.name == "run"


def test_a_run_whose_budget_is_used_up_says_so(story: Path) -> None:
    trained(story, *TINY, "--out", "run")
    assert "the budget is used up, so nothing is trained" in trained("--resume", "run").stderr


def test_a_budget_that_is_used_up_does_not_become_that_of_the_run(story: Path) -> None:
    trained(story, *TINY, "--out", "run")
    before = load_checkpoint(Path("run")).record.budget
    refused = train("--resume", "run", "--steps", 2)
    assert refused.exit_code == 1
    assert "the run is at step 3, where this budget is used up: give a larger one" in refused.stderr
    assert load_checkpoint(Path("run")).record.budget == before
    trained("--resume", "run", "--steps", 5, "--device", "cpu")  # it is free


def test_a_resumed_run_takes_a_larger_budget_and_needs_no_text(story: Path) -> None:
    trained(story, *TINY, "--out", "run")
    story.unlink()
    trained("--resume", "run", "--steps", 5, "--device", "cpu")
    steps = [line["step"] for line in metrics_lines(Path("run")) if line["report"] == "step"]
    assert steps == [1, 2, 3, 4, 5]
    assert load_checkpoint(Path("run")).record.budget == Budget(steps=5)
