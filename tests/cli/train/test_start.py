"""`seqgen train` and `plan` where nobody says what to begin from: the base is weighed, and `--from none` refuses it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from seqgen.bases import BASES, DEFAULT_BASE
from seqgen.cli import app
from seqgen.cli.train.options import PlanOptions, TrainOptions
from seqgen.cli.train.request import base_to_weigh, plan_request, train_request
from seqgen.config import Budget, ByteConfig, ModelConfig, TrainingConfig
from seqgen.corpus.folders import is_read_once
from seqgen.run import open_model
from seqgen.training.planning.throughput import Throughput
from tests import tiny
from tests.cli.parsing import parse


@pytest.fixture(scope="module")
def base_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.trained(tmp_path_factory.mktemp("base") / "run", tokenizer=ByteConfig(), budget=Budget(steps=250))
    return folder / "model.safetensors"


@pytest.fixture(autouse=True)
def tiny_base(base_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny model in the place of the base, on a machine whose throughput is made up."""
    path = tmp_path / "base.safetensors"
    path.write_bytes(base_file.read_bytes())
    monkeypatch.setitem(BASES, DEFAULT_BASE, path)

    def measure(model: ModelConfig, training: TrainingConfig, *, device: torch.device) -> Throughput:
        sizes = {"n_parameters": 9999, "n_weights": 9999, "memory_bytes": 10**6}
        step_s = training.n_streams * training.window / 1e5
        return Throughput(step_s=step_s, tokens_per_s=1e5, spread=1.0, **sizes)

    monkeypatch.setattr("seqgen.training.planning.planner.measure_throughput", measure)
    monkeypatch.setattr("seqgen.training.planning.planner.choose_precision", lambda *_: ("float32", "made up"))


def expecting(bits: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.evaluation.start.foresee", lambda *_, **__: bits)


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.stderr
    return result


@pytest.mark.parametrize("options", ["", "--minutes 2", "--dropout 0.1 --streams 8 --lr 0.01", "--documents line"])
def test_the_base_is_weighed_where_the_options_leave_it_open(options: str, story: Path) -> None:
    parsed = parse(TrainOptions, str(story), *options.split())
    base = base_to_weigh(parsed, train_request(parsed))
    assert base is not None
    assert base.name == DEFAULT_BASE
    plan = parse(PlanOptions, str(story))
    assert base_to_weigh(plan, plan_request(plan)) is not None


@pytest.mark.parametrize(
    "options",
    [
        "--from none",
        "--from english",
        "--cell lstm",
        "--tokenizer char",
        "--tokenizer word --vocab-size 99",
        "--width 32",
        "--layers 2",
        "--memory 9",
        "--set d_embedding=8",
        "--steps 9",
        "--epochs 2",
    ],
)
def test_the_base_is_not_weighed_where_the_options_decide(options: str, story: Path) -> None:
    parsed = parse(TrainOptions, str(story), *options.split())
    assert base_to_weigh(parsed, train_request(parsed)) is None


def test_several_processes_weigh_no_base(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = parse(TrainOptions, str(story))
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert base_to_weigh(parsed, train_request(parsed)) is None


def test_from_none_goes_with_options_of_a_tokenizer(story: Path) -> None:
    parsed = parse(TrainOptions, str(story), "--from", "none", "--tokenizer", "word", "--set", "vocab_size=99")
    assert train_request(parsed).parent is None
    refused = CliRunner().invoke(app, ["train", str(story), "--from", "english", "--set", "vocab_size=99"])
    assert refused.exit_code == 1
    assert "cannot be given with --from" in refused.stderr


def test_a_training_run_begins_from_the_base_and_says_so_in_one_line(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(0.1, monkeypatch)
    result = run("train", story, "--minutes", "0.01", "--device", "cpu", "--out", "child")
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("begins from"))
    assert line.startswith("begins from english: 0.10 bits per character are expected, ")
    assert open_model("child").record.parent == open_model(BASES[DEFAULT_BASE]).sha256


def test_plan_has_a_row_for_the_base_and_names_the_option_for_it(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expecting(0.1, monkeypatch)
    shown = run("plan", story, "--minutes", "0.5", "--device", "cpu").stdout
    assert [line for line in shown.splitlines() if line.startswith("english lstm 1x16")]
    assert "chooses the first for this text and time: --from english" in shown
    assert max(map(len, shown.splitlines()[:12])) <= 80
    refused = run("plan", story, "--minutes", "0.5", "--device", "cpu", "--from", "none").stdout
    assert "english" not in refused
    assert "text and time: --cell " in refused


def test_json_names_what_each_candidate_begins_from(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expecting(99.0, monkeypatch)
    document = json.loads(run("plan", story, "--minutes", "0.5", "--device", "cpu", "--json").stdout)
    starts = [candidate["from"] for candidate in document["candidates"]]
    assert starts == [*[None] * (len(starts) - 1), "english"]


def test_plan_can_begin_from_a_model(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expecting(0.1, monkeypatch)
    (candidate,) = json.loads(run("plan", story, "--from", "english", "--device", "cpu", "--json").stdout)["candidates"]
    assert (candidate["d_model"], candidate["from"]) == (16, "english")
    assert candidate["expected_bits_per_character"] == 0.1  # as a trial of the model foresees, not as from nothing


def test_plan_says_what_its_estimate_leaves_out_of_a_model_that_cannot_be_tried(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.evaluation.start.MAX_TRAIN_BYTES", 1)
    shown = run("plan", story, "--from", "english", "--device", "cpu").stdout
    assert "what english knows before is left out too" in shown


def test_what_a_base_learned_from_is_not_looked_up_and_that_is_said(story: Path) -> None:
    run("train", story, "--from", "english", "--steps", 2, "--device", "cpu", "--out", "child")
    limit = "only the run's own text is looked up, not what it was begun from: english, which learned from run.txt"
    assert limit in run("eval", "child", "--novelty", "--samples", 2).stdout
    assert json.loads(run("eval", "child", "--novelty", "--samples", 2, "--json").stdout)[0]["limit"] == limit
    assert f"no-copy: {limit}" in run("sample", "child", "--no-copy", 20, "--length", 9).stderr
    assert "looked up" not in run("sample", "child", "--length", 9).stderr
    assert "child was begun from english, which learned from run.txt" in run("eval", "child").stdout


def test_a_text_that_can_be_read_only_once_is_not_tried_on_the_base(story: Path) -> None:
    assert not is_read_once("long" * 1000)
    for arguments in (("-",), (str(story), "--valid", "-"), ("-", str(story))):
        options = parse(TrainOptions, *arguments, "--minutes", "1")
        assert base_to_weigh(options, train_request(options)) is None


def test_a_base_whose_trial_diverges_is_not_begun_from(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.evaluation.start._try", lambda *_, **__: (2.0, math.inf))
    planned = json.loads(run("plan", story, "--minutes", "1", "--device", "cpu", "--json").stdout)
    assert {candidate["from"] for candidate in planned["candidates"]} == {None}
