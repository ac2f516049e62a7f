"""`seqgen sample --replay`: a text is reproduced from its JSON, by the same model only."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.config import TokenizerName
from tests.cli.sample.commands import objects_of, sample

OPTIONS = [
    ["--count", 3],
    ["--best-of", 3, "--count", 2],
    ["--temp", 0.3, "--temp", 1.2],
    ["--stop", "e", "--ban", "th", "--bias", "z=3", "--top-k", 9, "--presence-penalty", 0.5],
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_sample_is_written_again_from_its_json(options: list[object], run_folder: Path, tmp_path: Path) -> None:
    made = sample(run_folder, "--length", 60, "--prompt", "Mina", "--seed", 5, *options, "--json").stdout
    (tmp_path / "made.json").write_text(made, encoding="utf-8")
    texts = [item["text"] for item in json.loads(made)]
    again = json.loads(sample(run_folder, "--replay", tmp_path / "made.json", "--json").stdout)
    assert [item["text"] for item in again] == texts
    (tmp_path / "one.json").write_text(json.dumps(json.loads(made)[-1]), encoding="utf-8")
    assert sample(run_folder, "--replay", tmp_path / "one.json").stdout == "Mina" + texts[-1]


def test_a_sample_of_another_model_is_not_written_again(runs: dict[TokenizerName, Path], tmp_path: Path) -> None:
    (tmp_path / "made.json").write_text(sample(runs["char"], "--length", 5, "--json").stdout, encoding="utf-8")
    result = sample(runs["byte"], "--replay", tmp_path / "made.json")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("seqgen: the sample was made by the model ")


def test_a_sample_of_another_sampling_scheme_is_refused(run_folder: Path, tmp_path: Path) -> None:
    """Another version of seqgen would make another text from the same seed."""
    for change in ({"scheme": 1}, {"scheme": None}):
        made = [{**item, **change} for item in objects_of(run_folder, "--length", 5)]
        (tmp_path / "made.json").write_text(json.dumps(made), encoding="utf-8")
        result = sample(run_folder, "--replay", tmp_path / "made.json")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "seqgen that samples differently: this version cannot reproduce it" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"run": "x"}', '[{"options": {"heat": 1}}]'])
def test_a_file_that_holds_no_sample_is_refused(content: str, run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "made.json").write_text(content, encoding="utf-8")
    result = sample(run_folder, "--replay", tmp_path / "made.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is not what `seqgen sample --json` writes" in result.stderr.splitlines()[-1]
    assert "cannot be read" in sample(run_folder, "--replay", tmp_path / "none.json").stderr


def test_nothing_is_said_of_another_model_that_the_file_names(
    run_folder: Path, runs: dict[TokenizerName, Path], tmp_path: Path
) -> None:
    made = objects_of(run_folder, "--length", 5)
    made[0]["run"] = str(runs["byte"])
    (tmp_path / "made.json").write_text(json.dumps(made), encoding="utf-8")
    result = CliRunner().invoke(app, ["sample", "--replay", str(tmp_path / "made.json")])
    assert result.exit_code == 1
    assert "made by the model" in result.stderr
    assert "model: " not in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no devices")
@pytest.mark.parametrize("path", ["/dev/zero", "/proc/kmsg", "fifo"])
def test_words_do_not_come_from_devices_and_pipes_that_the_file_names(
    path: str, run_folder: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo")
    made = objects_of(run_folder, "--length", 5)
    made[0]["options"]["words"] = [str(tmp_path / path)]
    (tmp_path / "made.json").write_text(json.dumps(made), encoding="utf-8")
    result = sample(run_folder, "--replay", tmp_path / "made.json")
    assert result.exit_code == 1
    assert "is not a regular file, and a path in a file may lead to no other" in result.stderr
