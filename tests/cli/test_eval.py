"""`seqgen eval`: the same exact numbers for people and for programs."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.config import ByteConfig, WordConfig
from seqgen.run import MODEL_FILE
from tests import tiny

FIGURES = ["tokens", "characters", "bytes", "nats", "nats_per_token", "perplexity"]
FIGURES += ["bits_per_character", "bits_per_byte", "unseen_characters"]
KEYS = ["run", "text", "part", "context", *FIGURES]
KNOWN = "Mina sat by the river.\n"


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def scores(*arguments: object) -> list[dict[str, Any]]:
    result = evaluate(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    objects: list[dict[str, Any]] = json.loads(result.stdout)
    return objects


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with a test part, beside its text run.txt, where the test runs."""
    monkeypatch.chdir(tmp_path)
    return tiny.trained(Path("run"), test_fraction=0.2)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    path = tmp_path / "known.txt"
    path.write_text(KNOWN, encoding="utf-8", newline="")
    return path


def test_json_is_a_list_of_objects_with_exactly_these_keys(run: Path) -> None:
    (score,) = scores(run)
    assert list(score) == KEYS
    assert (score["run"], score["text"], score["part"]) == (
        str(run / MODEL_FILE),
        str(Path("run.txt").absolute()),
        "valid",
    )
    assert (score["context"], score["unseen_characters"]) == ("carried", 0)


def test_the_figures_of_one_text_follow_from_its_nats(run_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT[:900], encoding="utf-8", newline="")
    (score,) = scores(run_folder, "--on", path)
    assert score["tokens"] == score["characters"] == 900
    assert score["bytes"] == path.stat().st_size
    assert score["nats_per_token"] == score["nats"] / score["tokens"]
    assert score["perplexity"] == math.exp(score["nats_per_token"])
    assert score["bits_per_character"] == score["nats"] / score["characters"] / math.log(2)
    assert score["bits_per_byte"] == score["nats"] / score["bytes"] / math.log(2)


@pytest.mark.parametrize(("part", "start", "end"), [("train", 0, 0.7), ("valid", 0.7, 0.8), ("test", 0.8, 1)])
def test_a_part_is_scored_like_a_file_that_holds_it(
    part: str, start: float, end: float, run: Path, tmp_path: Path
) -> None:
    held = tiny.TEXT[round(start * len(tiny.TEXT)) : round(end * len(tiny.TEXT))]
    (tmp_path / "part.txt").write_text(held, encoding="utf-8", newline="")
    (of_part,), (of_file,) = scores(run, "--part", part), scores(run, "--on", "part.txt")
    assert of_part["part"] == part
    assert of_file["part"] is None
    for key in FIGURES:
        assert of_part[key] == of_file[key]


def test_every_run_is_scored_on_every_text(run: Path, known: Path) -> None:
    tiny.trained(Path("bytes"), tokenizer=ByteConfig())
    found = scores(run, "bytes", "--on", known, "--on", "run.txt")
    pairs = [(Path(score["run"]).parent.name, Path(score["text"]).name) for score in found]
    assert pairs == [("run", "known.txt"), ("run", "run.txt"), ("bytes", "known.txt"), ("bytes", "run.txt")]
    assert len({score["nats"] for score in found}) == 4


def test_unseen_characters_are_counted_and_cost_what_the_report_states(run_folder: Path, tmp_path: Path) -> None:
    for name, text in (("without", KNOWN), ("with", f"{KNOWN}漢字")):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    without, with_ = scores(run_folder, "--on", tmp_path / "without", "--on", tmp_path / "with")
    assert (without["unseen_characters"], with_["unseen_characters"]) == (0, 2)
    assert with_["tokens"] == without["tokens"]
    assert with_["characters"] == without["characters"] + 2
    assert with_["nats"] > without["nats"] + 2 * math.log(1_000_000)
    assert "e = " in evaluate(run_folder, "--on", tmp_path / "with").stdout
    assert "e = " not in evaluate(run_folder, "--on", tmp_path / "without").stdout


def test_the_table_shows_the_figures_of_the_json_and_the_context_rule(run: Path) -> None:
    (score,) = scores(run)
    shown = evaluate(run).stdout
    for key in ("nats_per_token", "bits_per_character", "bits_per_byte"):
        assert f"{score[key]:.4f}" in shown
    assert f"{score['perplexity']:,.2f}" in shown
    assert "context: carried" in shown
    assert "\x1b" not in shown


def test_the_newest_run_is_scored_if_none_is_named(run_folder: Path, tmp_path: Path, known: Path) -> None:
    """As a real process."""
    shutil.copytree(run_folder, tmp_path / "checkpoints" / "newest")
    command = [sys.executable, "-m", "seqgen", "eval", "--on", str(known), "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    (score,) = json.loads(result.stdout)
    assert score["run"] == str(Path("checkpoints", "newest", MODEL_FILE))
    assert result.stderr == f"model: {score['run']}\n"


def test_a_corpus_that_has_moved_is_found_by_corpus(run: Path, own_cache: Path) -> None:
    before = scores(run)
    shutil.rmtree(own_cache)
    assert scores(run) == before
    shutil.rmtree(own_cache)
    Path("run.txt").rename("moved.txt")
    lost = evaluate(run)
    assert lost.exit_code == 1
    assert "--corpus" in lost.stderr.splitlines()[-1]
    assert scores(run, "--corpus", "moved.txt") == before
    assert scores(run) == before


def test_a_corpus_that_has_changed_is_not_scored(run: Path, own_cache: Path) -> None:
    shutil.rmtree(own_cache)
    Path("run.txt").write_text("Something else.", encoding="utf-8")
    for arguments in ([run], [run, "--corpus", "run.txt"]):
        result = evaluate(*arguments)
        assert result.exit_code == 1
        assert "run.txt has changed" in result.stderr.splitlines()[-1]


def test_a_word_rule_that_loses_spacing_gets_no_bits(tmp_path: Path) -> None:
    run = tiny.trained(tmp_path / "run", text="the cat sat .\n" * 200, tokenizer=WordConfig(word_split="whitespace"))
    for name, text in (("normal", "the cat sat .\nthe cat .\n"), ("spaced", "the  cat sat .\nthe cat .\n")):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    normal, spaced = scores(run, "--on", tmp_path / "normal", "--on", tmp_path / "spaced")
    assert normal["bits_per_character"] > 0
    assert spaced["bits_per_character"] is spaced["bits_per_byte"] is None
    assert spaced["nats"] == normal["nats"]
    assert "no bits" in evaluate(run, "--on", tmp_path / "spaced").stdout
