"""`seqgen eval`: the same exact numbers for people and for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.config import Budget, ByteConfig, WhitespaceConfig
from seqgen.run import MODEL_FILE
from tests import tiny

FIGURES = ["tokens", "characters", "bytes", "words", "nats", "nats_per_token", "perplexity", "perplexity_per_word"]
FIGURES += ["bits_per_character", "bits_per_byte", "unseen_characters", "bits_per_known_character"]
KEYS = ["run", "text", "part", "context", *FIGURES, "bits_per_byte_plus_minus"]
KNOWN = "Mina sat by the river.\n"


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def scores(*arguments: object) -> list[dict[str, Any]]:
    result = evaluate(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    objects: list[dict[str, Any]] = json.loads(result.stdout)
    return [item for item in objects if "run" in item]


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
    assert with_["tokens"] == without["tokens"] + 2
    assert with_["nats"] / with_["tokens"] == pytest.approx(with_["nats_per_token"])
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
    assert "context carried" in shown
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
        assert "run.txt is not what it was trained on" in result.stderr.splitlines()[-1]


def test_a_word_rule_that_loses_spacing_gets_no_bits(tmp_path: Path) -> None:
    run = tiny.trained(tmp_path / "run", text="the cat sat .\n" * 200, tokenizer=WhitespaceConfig())
    for name, text in (("normal", "the cat sat .\nthe cat .\n"), ("spaced", "the  cat sat .\nthe cat .\n")):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    normal, spaced = scores(run, "--on", tmp_path / "normal", "--on", tmp_path / "spaced")
    assert normal["bits_per_character"] > 0
    assert spaced["bits_per_character"] is spaced["bits_per_byte"] is None
    assert spaced["nats"] == normal["nats"]
    assert "no bits" in evaluate(run, "--on", tmp_path / "spaced").stdout


def others(*arguments: object) -> list[dict[str, Any]]:
    return [item for item in json.loads(evaluate(*arguments, "--json").stdout) if "run" not in item]


@pytest.fixture
def long(tmp_path: Path) -> Path:
    path = tmp_path / "long.txt"
    path.write_text(tiny.TEXT * (1 + 12_000 // len(tiny.TEXT)), encoding="utf-8", newline="")
    return path


def test_of_two_runs_the_better_is_named_with_its_lead(run: Path, long: Path) -> None:
    tiny.trained(Path("longer"), budget=Budget(steps=60))
    found = scores(run, "longer", "--on", long)
    (verdict,) = others(run, "longer", "--on", long)
    assert [Path(path).parent.name for path in verdict["compared"]] == ["run", "longer"]
    lead = found[0]["bits_per_byte"] - found[1]["bits_per_byte"]
    assert verdict["difference"]["bits_per_byte"] == pytest.approx(lead)
    assert verdict["difference"]["is_certain"]
    shown = evaluate(run, "longer", "--on", long).stdout
    assert f"long.txt: longer is better than run by {lead:.3f} ± " in shown


def test_a_run_and_its_copy_cannot_be_told_apart(run: Path, long: Path) -> None:
    shutil.copytree(run, "copy")
    assert "run and copy cannot be told apart on this text (0.000 ± 0.000" in evaluate(run, "copy", "--on", long).stdout
    assert (
        "not compared: a comparison needs a text of 10,000 bytes or more, and this one has"
        in evaluate(run, "copy").stdout
    )


def test_runs_that_divide_a_text_differently_are_warned_of(run: Path, tmp_path: Path) -> None:
    tiny.trained(Path("run2"), text=tiny.TEXT, valid_fraction=0.3)
    assert "run and run2 split run.txt (valid) differently" in evaluate(run, "run2").stderr
    assert "run was trained on part of run.txt, so its scores are optimistic" in evaluate(run, "--on", "run.txt").stderr
    shutil.copytree(run, "copy")
    assert "differently" not in evaluate(run, "copy").stderr


def test_the_context_rule_is_that_of_the_option(run: Path) -> None:
    (carried,), (cold,) = scores(run), scores(run, "--context", "cold:5")
    assert (carried["context"], cold["context"]) == ("carried", "cold:5")
    assert carried["nats"] != cold["nats"]
    assert (
        "context cold:5: separate windows of 5 tokens, each read from an empty state"
        in evaluate(run, "--context", "cold:5").stdout
    )
    refused = evaluate(run, "--context", "cold")
    assert (refused.exit_code, refused.stdout) == (1, "")


def test_baselines_stand_in_the_same_table(run: Path) -> None:
    names = [item["baseline"] for item in others(run, "--baselines")]
    assert names[:2] == ["uniform", "unigram"]
    assert names[2].endswith("-gram Kneser-Ney")
    assert names[3:5] == ["bag of 64 tokens", "fixed window of 16"]
    assert names[5:] == ["gzip -9", "bzip2 -9", "xz -9e", "zstd -19"]
    shown = evaluate(run, "--baselines").stdout
    for item in others(run, "--baselines"):
        assert any(
            line.startswith(item["baseline"]) and f"{item['bits_per_byte']:.4f}" in line for line in shown.splitlines()
        )


def test_the_table_fits_80_characters_whatever_its_texts(run: Path, tmp_path: Path) -> None:
    for name, text in (("a_text_with_a_long_name.txt", tiny.TEXT), ("mixed.txt", KNOWN + "漢字")):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    tables = evaluate(run, "--on", "a_text_with_a_long_name.txt", "--on", "mixed.txt", "--baselines").stdout
    figures = [line for line in tables.splitlines() if re.search(r"\d\.\d{4}  ", line)]
    assert len(figures) > 12
    assert max(map(len, figures)) <= 80, tables


def test_a_yardstick_that_beats_the_model_is_named(run: Path) -> None:
    """A run of three steps."""
    assert "-gram Kneser-Ney predicts run.txt (valid) better than any run here" in evaluate(run, "--baselines").stdout


def test_dynamic_evaluation_stands_beside_the_score_and_leaves_the_weights(run: Path) -> None:
    before = (run / MODEL_FILE).read_bytes()
    carried, dynamic = scores(run, "--dynamic")
    assert (carried["context"], dynamic["context"]) == ("carried", "dynamic")
    assert carried == scores(run)[0]
    assert dynamic["nats"] != carried["nats"]
    assert {key: carried[key] for key in ("run", "text", "tokens", "bytes")} == {
        key: dynamic[key] for key in ("run", "text", "tokens", "bytes")
    }
    shown = evaluate(run, "--dynamic").stdout
    assert "run, dynamic " in shown and "Krause" in shown
    shutil.copytree(run, "copy")
    compared = [item["contexts"] for item in others(run, "copy", "--dynamic") if "compared" in item]
    assert sorted(compared) == [["carried", "carried"], *[["carried", "dynamic"]] * 2, ["dynamic", "dynamic"]]
    assert (run / MODEL_FILE).read_bytes() == before


def test_baselines_of_a_run_without_a_validation_part_are_chosen_on_the_text(known: Path, run: Path) -> None:
    tiny.trained(Path("all"), valid_fraction=0.0)
    names = [item["baseline"] for item in others("all", "--on", known, "--baselines")]
    assert len(names) == 9


@pytest.mark.parametrize("by", ["token", "line", "document"])
def test_units_are_printed_and_sum_to_the_score(by: str, run: Path) -> None:
    (score,) = scores(run)
    units = [json.loads(line) for line in evaluate(run, "--by", by).stdout.splitlines()]
    assert sum(unit["nats"] for unit in units) == pytest.approx(score["nats"])
    assert all(unit["run"] == "run" for unit in units)
    rows = list(csv.DictReader(io.StringIO(evaluate(run, "--by", by, "--form", "csv").stdout, newline="")))
    assert [float(row["nats"]) for row in rows] == pytest.approx([unit["nats"] for unit in units])
    assert [row["text"] for row in rows] == [unit["text"] for unit in units]


def test_what_has_no_place_among_the_tokens_is_said(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mixed.txt").write_text(KNOWN + "漢字", encoding="utf-8", newline="")
    for option in (["--by", "line"], ["--show"], ["--costliest"]):
        assert (
            "2 characters that the vocabulary lacks ('漢' once, '字' once) and their loss are left out"
            in evaluate(run, "--on", "mixed.txt", *option).stderr
        )


def test_show_prints_the_text_and_costliest_its_worst_places(run: Path, known: Path) -> None:
    assert evaluate(run, "--on", known, "--show").stdout == KNOWN + "\n"
    lines = evaluate(run, "--on", known, "--costliest").stdout.splitlines()
    assert lines[0] == "run on known.txt"
    assert len(lines) == 3 + len(KNOWN)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--by", "line", "--json"], "--by does not go with --json"),
        (["--show", "--baselines"], "--show does not go with --baselines"),
        (["--costliest", "--show"], "--show does not go with --highest-loss"),
        (["--form", "csv"], "--form needs --by"),
        (["--encoding", "latin-1"], "--encoding needs --on"),
        (["--part", "test", "--on", "x"], "--part does not go with --on"),
        (["--samples", "3", "--by", "line"], "--samples does not go with --by"),
        (["--samples", "3", "--on", "x"], "--samples does not go with --on"),
        (["--samples", "0"], "--samples is 0: it must be 1 or more"),
        (["--novelty", "--context", "cold:9"], "--novelty does not go with --context"),
        (["--dynamic", "--context", "cold:9"], "--dynamic does not go with --context"),
        (["--by", "line", "--dynamic"], "--by does not go with --dynamic"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: list[str], line: str, run: Path) -> None:
    refused = evaluate(run, *arguments)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1] == f"seqgen: {line}"


def novelty(*arguments: object) -> dict[str, Any]:
    result = evaluate(*arguments, "--novelty", "--json")
    assert result.exit_code == 0, result.stderr
    (found,) = json.loads(result.stdout)
    return dict(found)


def test_a_copied_text_is_told_from_a_new_one(run: Path, tmp_path: Path) -> None:
    """The training part is the first seven tenths of the text."""
    (tmp_path / "copy.txt").write_text(tiny.TEXT[100:500], encoding="utf-8", newline="")
    (tmp_path / "new.txt").write_text("Nothing of this was ever read. " * 5, encoding="utf-8", newline="")
    copied, new = novelty(run, "--on", "copy.txt"), novelty(run, "--on", "new.txt")
    assert (copied["made"]["copied"], new["made"]["copied"]) == (1.0, 0.0)
    assert copied["made"]["spans"][0][:2] == [0, 400]
    assert set(copied) == {"run", "text", "made", "human", "verdict"}
    shown = evaluate(run, "--on", "copy.txt", "--novelty")
    assert shown.exit_code == 0, shown.stderr
    assert copied["verdict"] in shown.stdout
    assert (run / "novelty-copy.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_text_samples_are_looked_at(run: Path) -> None:
    found = novelty(run, "--samples", 2)
    assert found["text"] == "2 samples of 1,000 characters at temperature 0.8"
    assert found["made"]["n_characters"] == 2001
    assert evaluate(run, "--novelty", "--samples", 2).exit_code == 0
    assert (run / "novelty.png").read_bytes().startswith(b"\x89PNG")


def test_samples_say_which_temperature_is_closest_to_human_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.trained(Path("run"), text=tiny.TEXT * 12, budget=Budget(steps=30))
    (found,) = json.loads(evaluate("run", "--samples", 2, "--json").stdout)
    temperatures = [one["temperature"] for one in found["samples"]]
    assert temperatures == sorted(temperatures) and found["human"]["temperature"] is None
    best = min(found["samples"], key=lambda one: one["distance"])
    assert found["best_temperature"] == best["temperature"]
    result = evaluate("run", "--samples", 2)
    assert result.stdout.splitlines()[-1].startswith(f"for this model use {best['temperature']:g}: ")
    assert Path("run/quality.png").read_bytes().startswith(b"\x89PNG")


def test_a_held_out_text_too_short_is_no_yardstick(run: Path) -> None:
    refused = evaluate(run, "--samples", 2)
    assert refused.exit_code == 1
    assert "characters: comparing samples with it takes 2,000 or more" in refused.stderr.splitlines()[-1]
