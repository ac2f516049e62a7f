"""Logs besides `metrics.jsonl`: TensorBoard reads what was trained, and one method is enough for any other log."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.errors import ConfigError
from seqgen.training import log_opener
from tests import tiny
from tests.tiny import metrics_lines
from tests.tiny_pairs import KINDS

OPTIONS = ["--width", "8", "--window", "16", "--streams", "4", "--precision", "float32", "--set", "evaluate_every=5"]


def train(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("story.txt")
    path.write_text(tiny.TEXT, encoding="utf-8", newline="")
    return path


def curves(run: Path) -> set[str]:
    """The names of all curves."""
    events = EventAccumulator(str(run))
    events.Reload()
    return set(events.Tags()["scalars"])


def curve(run: Path, name: str) -> list[tuple[int, float]]:
    """As TensorBoard shows it."""
    events = EventAccumulator(str(run))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(name)]


def recorded(run: Path, report: str, field: str) -> list[tuple[int, object]]:
    return [(line["step"], pytest.approx(line[field])) for line in metrics_lines(run) if line["report"] == report]


def test_tensorboard_shows_the_curves_of_the_run(story: Path) -> None:
    result = train(story, *OPTIONS, "--steps", 12, "--out", "run", "--log", "tensorboard")
    assert result.exit_code == 0, result.stderr
    run = Path("run")
    assert curve(run, "train/loss_nats") == recorded(run, "step", "loss_nats")
    assert curve(run, "train/grad_norm") == recorded(run, "step", "grad_norm")
    assert curve(run, "valid/nats_per_token") == recorded(run, "validation", "nats_per_token")
    assert curve(run, "valid/bits_per_character") == recorded(run, "validation", "bits_per_character")


@pytest.mark.parametrize("kind", KINDS)
def test_tensorboard_shows_the_curves_of_pairs_and_for_labels_none_by_character(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pairs.tsv").write_text(KINDS[kind])
    result = train("pairs.tsv", "--pairs", *OPTIONS, "--steps", 12, "--out", "run", "--log", "tensorboard")
    assert result.exit_code == 0, result.stderr
    run = Path("run")
    by_character = {"valid/bits_per_character"} if kind == "text" else set()
    training = {"train/loss_nats", "train/grad_norm", "train/rate_share"}
    assert curves(run) == {*training, "valid/nats_per_token", *by_character}
    assert curve(run, "train/loss_nats") == recorded(run, "step", "loss_nats")
    assert curve(run, "valid/nats_per_token") == recorded(run, "validation", "nats_per_token")
    for name in by_character:
        assert curve(run, name) == recorded(run, "validation", "bits_per_character")


def test_a_resumed_training_goes_on_with_its_curves(story: Path) -> None:
    train(story, *OPTIONS, "--steps", 6, "--out", "run", "--log", "tensorboard")
    result = train("--resume", "run", "--steps", 10, "--log", "tensorboard")
    assert result.exit_code == 0, result.stderr
    assert curve(Path("run"), "train/loss_nats") == recorded(Path("run"), "step", "loss_nats")


OWN = """
class Lines:
    def __init__(self, folder, step):
        self.path = folder / f"own-{step}.txt"

    def write(self, report):
        with self.path.open("a") as out:
            print(type(report).__name__, report.step, file=out)
"""


def test_a_log_of_ones_own_takes_every_report(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module stands beside the text."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    Path("own_log.py").write_text(OWN)
    result = train(story, *OPTIONS, "--steps", 3, "--out", "run", "--log", "own_log:Lines")
    assert result.exit_code == 0, result.stderr
    lines = Path("run/own-0.txt").read_text().splitlines()
    assert lines == ["StepReport 1", "StepReport 2", "StepReport 3", "ValidationReport 3", "EndReport 3"]


@pytest.mark.parametrize(
    "name", ["wandb", "nowhere:Log", "seqgen.training:nothing", ":x", ".a:b", "os:sep", "os:abort"]
)
def test_a_log_that_there_is_not_is_refused_before_anything_is_read(name: str, story: Path) -> None:
    refused = train(story, "--log", name)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"seqgen: --log {name}: ") and refused.stderr.count("\n") == 1
    assert not Path("checkpoints").exists()


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ConfigError, match="pip install tensorboard"):
        log_opener("tensorboard")
