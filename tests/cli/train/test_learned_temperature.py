"""`seqgen train` finds at its end at which temperature the model writes best, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.errors import RunError
from seqgen.run import MODEL_FILE, open_model
from tests import tiny
from tests.cli.train.commands import TINY, trained

_SHAPE = "--cell lstm --width 64 --streams 16 --window 32"
LEGIBLE = f"{_SHAPE} --device cpu --precision float32 --steps 120".split()


@pytest.fixture
def readable(story: Path) -> Path:
    story.write_text(tiny.READABLE, encoding="utf-8")
    return story


def test_a_run_learns_says_and_stores_at_which_temperature_it_writes_best(readable: Path) -> None:
    result = trained(readable, *LEGIBLE, "--out", "run")
    temperature = open_model("run").record.temperature
    assert temperature is not None
    assert f"writes best at temperature {temperature:g}; seqgen sample uses it" in result.stderr.splitlines()
    assert f"at temperature {temperature:g}" in CliRunner().invoke(app, ["info", "run"]).stdout
    assert json.loads(CliRunner().invoke(app, ["info", "run", "--json"]).stdout)["temperature"] == temperature
    assert f"temperature {temperature:g}, at which" in CliRunner().invoke(app, ["sample", "run"]).stderr


def test_a_run_of_a_few_steps_does_not_speak_of_a_temperature(story: Path) -> None:
    assert "temperature" not in trained(story, *TINY, "--out", "run").stderr
    assert open_model("run").record.temperature is None


def test_what_cannot_be_stored_does_not_fail_the_training(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RunError(f"run/{MODEL_FILE} cannot be written: no space left on device")

    monkeypatch.setattr("seqgen.evaluation.close_run", refuse)
    result = trained(story, *TINY, "--out", "run")
    assert "neither an n-gram expert nor a temperature is stored: run/" in result.stderr
    assert result.stderr.splitlines()[-1] == "write with it: seqgen sample run"
