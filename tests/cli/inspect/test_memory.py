"""`seqgen inspect memory`: curves, a table, a sentence for each run, a picture, JSON, and one line for bad input."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from tests import tiny


def memory(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["inspect", "memory", *map(str, arguments)])


@pytest.fixture
def runs(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two runs on one text, and that text as story.txt."""
    monkeypatch.chdir(tmp_path)
    Path("story.txt").write_text(tiny.TEXT, encoding="utf-8", newline="")
    shutil.copytree(run_folder, "runs/lstm")
    return [Path("runs/lstm"), tiny.trained(Path("runs/transformer"), cell="transformer")]


def test_every_run_has_a_row_and_a_sentence(runs: list[Path]) -> None:
    result = memory(*runs, "--on", "story.txt", "--longest", 128)
    assert result.exit_code == 0, result.stderr
    (header,) = (line for line in result.stdout.splitlines() if line.startswith("bits/char"))
    assert header.split() == ["bits/char", "1", "4", "16", "64"]
    sentence = r"^lstm: (looks back [\d,]+ characters?( \(95 % interval [\d,]+ to [\d,]+\))?|gains nothing from .*)$"
    assert re.search(sentence, result.stdout, re.MULTILINE)
    assert re.search(
        r"^transformer: .*it cannot look farther than 47 characters$", result.stdout, re.MULTILINE
    )  # 2 * 23 + 1
    assert max(len(line) for line in result.stdout.splitlines() if not line.startswith("transformer: ")) <= 80
    assert re.search(r"story.txt: [\d,]+ tokens, each scored with every context", result.stderr)


def test_the_curves_have_the_lengths_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = tiny.trained(Path("runs/stories"), documents="blank-line", valid_fraction=0.5)  # two newlines are one token
    lines = memory(run).stdout.splitlines()
    (ticks,) = (line for line in lines if re.match(r" *1 +2 ", line))
    assert {int(tick.replace(",", "")) for tick in ticks.split()} <= {2**power for power in range(13)}


def test_the_picture_and_the_json_have_every_curve(runs: list[Path]) -> None:
    picture = Path("memory.png")
    result = memory(
        runs[0], "--on", "story.txt", "--longest", 64, "--shuffled", "--replaced", "--json", "--out", picture
    )
    document = json.loads(result.stdout)
    (found,) = document["memory"]
    assert list(found["curves"]) == ["nothing", "shuffled", "replaced"]
    assert [point["tokens"] for point in found["curves"]["nothing"]] == [1, 2, 4, 8, 16, 32, 64]
    assert found["reach_tokens"] is None
    assert document["picture"] == "memory.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_newest_run_looks_back_in_its_own_validation_part(runs: list[Path]) -> None:
    shutil.move("runs", "checkpoints")
    tiny.trained(Path("checkpoints/gru"), cell="gru", valid_fraction=0.3)
    result = memory()
    assert result.exit_code == 0, result.stderr
    assert "gru.txt (valid)" in result.stderr
    assert "contexts up to 512 characters, because the text is short" in result.stderr
    assert memory("--no-expert").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--longest", "8192"], "story.txt has 6,000 tokens, too few for contexts of 8,192 characters: give a longer"),
        (["--longest", "1"], "--longest is 1: it must be 2 or more"),
        (["--shuffled", "--seed", "-1"], "--seed is -1: it must be from 0 to 2^63 - 1"),
        (["--out", "memory.pdf"], "--out memory.pdf: the picture is a PNG, so its name must end with .png"),
        (["--out", "no/memory.png"], "--out no/memory.png: there is no folder no"),
    ],
)
def test_bad_input_is_one_line(runs: list[Path], arguments: list[str], said: str) -> None:
    result = memory(runs[0], "--on", "story.txt", *arguments)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(f"seqgen: {said}")


def test_a_run_of_pairs_is_refused(pair_folder: Path) -> None:
    result = memory(pair_folder)
    assert result.exit_code == 1
    assert result.stderr == "seqgen: reversed learned from pairs: its memory is not measured; give a run of a text\n"
