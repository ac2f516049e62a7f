"""`seqgen eval`: the same exact numbers for people and for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seqgen.config import ByteConfig, FieldValue, WhitespaceConfig
from seqgen.run import MODEL_FILE, open_model
from tests import tiny
from tests.cli.evaluate.commands import FIGURES, KNOWN, evaluate, scores

KEYS = ["run", "text", "part", "context", *FIGURES, "bits_per_byte_plus_minus", "training_overlap", "rank", "group"]


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


def test_out_of_vocabulary_characters_are_counted_and_cost_what_the_report_says(
    run_folder: Path, tmp_path: Path
) -> None:
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


def test_the_table_shows_the_figures_of_the_json_and_the_scoring_mode(run: Path) -> None:
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
    assert result.stderr.endswith(f"model: {score['run']}\n")


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


def test_a_tokenizer_that_loses_spacing_gets_no_bits(tmp_path: Path) -> None:
    run = tiny.trained(tmp_path / "run", text="the cat sat .\n" * 200, tokenizer=WhitespaceConfig())
    for name, text in (("normal", "the cat sat .\nthe cat .\n"), ("spaced", "the  cat sat .\nthe cat .\n")):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    normal, spaced = scores(run, "--on", tmp_path / "normal", "--on", tmp_path / "spaced")
    assert normal["bits_per_character"] > 0
    assert spaced["bits_per_character"] is spaced["bits_per_byte"] is None
    assert spaced["nats"] == normal["nats"]
    assert "no bits" in evaluate(run, "--on", tmp_path / "spaced").stdout


def test_the_context_option_sets_the_scoring_mode(run: Path) -> None:
    (carried,), (cold,) = scores(run), scores(run, "--context", "cold:5")
    assert (carried["context"], cold["context"]) == ("carried", "cold:5")
    assert carried["nats"] != cold["nats"]
    assert (
        "context cold:5: separate windows of 5 tokens, each read from an empty state"
        in evaluate(run, "--context", "cold:5").stdout
    )
    refused = evaluate(run, "--context", "cold")
    assert (refused.exit_code, refused.stdout) == (1, "")


@pytest.mark.parametrize("by", ["token", "line", "document"])
def test_units_are_printed_and_sum_to_the_score(by: str, run: Path) -> None:
    (score,) = scores(run)
    units = [json.loads(line) for line in evaluate(run, "--by", by).stdout.splitlines()]
    assert sum(unit["nats"] for unit in units) == pytest.approx(score["nats"])
    assert all(unit["run"] == "run" for unit in units)
    rows = list(csv.DictReader(io.StringIO(evaluate(run, "--by", by, "--form", "csv").stdout, newline="")))
    assert [float(row["nats"]) for row in rows] == pytest.approx([unit["nats"] for unit in units])
    assert [row["text"] for row in rows] == [unit["text"] for unit in units]


def test_oov_characters_appear_in_every_breakdown(run: Path, tmp_path: Path) -> None:
    mixed = "漢" + KNOWN + "字"
    (tmp_path / "mixed.txt").write_text(mixed, encoding="utf-8", newline="")
    (score,) = scores(run, "--on", "mixed.txt")
    units = [json.loads(line) for line in evaluate(run, "--on", "mixed.txt", "--by", "token").stdout.splitlines()]
    assert "".join(unit["text"] for unit in units) == mixed
    assert sum(unit["nats"] for unit in units) == pytest.approx(score["nats"])
    assert evaluate(run, "--on", "mixed.txt", "--show").stdout == mixed + "\n"
    worst = evaluate(run, "--on", "mixed.txt", "--highest-loss").stdout.splitlines()[3:5]
    assert ["漢" in worst[0], "字" in worst[1]] == [True, True]


def test_show_prints_the_text_and_highest_loss_the_worst_tokens(run: Path, known: Path) -> None:
    assert evaluate(run, "--on", known, "--show").stdout == KNOWN + "\n"
    lines = evaluate(run, "--on", known, "--highest-loss").stdout.splitlines()
    assert lines[0] == "run on known.txt"
    assert len(lines) == 3 + len(KNOWN)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--by", "line", "--json"],
            "--json cannot be given with --by, which prints losses and no table: leave out --json",
        ),
        (
            ["--show", "--baselines"],
            "--baselines cannot be given with --show, which prints the text alone: leave out --baselines",
        ),
        (
            ["--highest-loss", "--show"],
            "--highest-loss cannot be given with --show, which prints the text alone: leave out --highest-loss",
        ),
        (["--encoding", "latin-1"], "--encoding means nothing without --on: add --on, or leave --encoding out"),
        (["--part", "test", "--on", "x"], "--part and --on cannot be given together: leave out one of them"),
        (
            ["--samples", "3", "--by", "line"],
            "--by cannot be given with --samples, which judges samples and scores no text: leave out --by",
        ),
        (
            ["--samples", "3", "--on", "x"],
            "--on cannot be given with --samples, which judges samples and scores no text: leave out --on",
        ),
        (["--samples", "0"], "--samples is 0: it must be 1 or more"),
        (
            ["--novelty", "--context", "cold:9"],
            "--context cannot be given with --novelty, which looks for copies only: leave out --context",
        ),
        (
            ["--dynamic", "--context", "cold:9"],
            "--dynamic and --context cannot be given together: leave out one of them",
        ),
        (
            ["--by", "line", "--dynamic"],
            "--dynamic cannot be given with --by, which prints losses and no table: leave out --dynamic",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], line: str, run: Path) -> None:
    refused = evaluate(run, *arguments)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1] == f"seqgen: {line}"


@pytest.mark.parametrize(
    ("text", "settings", "reason"),
    [
        (tiny.TEXT + "ж", {}, "left out-of-vocabulary characters out"),
        (tiny.TEXT, {"valid_tokens": 300}, "read only the first 300 of 600 tokens"),
        (tiny.TEXT * 10, {}, "read it as 60 streams, each without the text before it"),
        (tiny.TEXT, {}, None),
    ],
)
def test_where_training_reported_other_bits_the_reason_is_said(
    text: str, settings: dict[str, FieldValue], reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if reason is not None and "streams" in reason:
        monkeypatch.setattr("seqgen.training.data._MIN_VALID_STREAM_LENGTH", 100)
    folder = tiny.trained(Path("run"), text=text, settings=settings, unite_duplicates=False)
    reported = open_model(folder).record.progress.valid_bits_per_character
    said = [line for line in evaluate(folder).stdout.splitlines() if "training reported" in line]
    expected = f"run.txt (valid): training reported {reported:.4f} bits/char, because it {reason}"
    assert said == ([expected] if reason else [])
    assert "training reported" not in evaluate(folder, "--context", "cold:16").stdout
