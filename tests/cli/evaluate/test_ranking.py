"""`seqgen eval` with several runs: one ranking, seeds together, and the table in other forms."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from seqgen.config import Budget, WhitespaceConfig
from tests import tiny
from tests.cli.evaluate.commands import evaluate, scores


@pytest.fixture
def several(run: Path) -> list[str]:
    """A run of three steps, a copy of it, and a longer one."""
    shutil.copytree(run, "copy")
    tiny.trained(Path("longer"), budget=Budget(steps=60))
    return [str(run), "copy", "longer"]


def test_several_runs_are_ranked_in_one_sentence_best_first(several: list[str], long: Path) -> None:
    shown = evaluate(*several, "--on", long).stdout
    assert "long.txt, best first: longer; then run and copy, which cannot be told apart" in shown
    assert " is better than " not in shown
    rows = [line.split()[0] for line in shown.splitlines() if line.split() and line.split()[0] in several]
    assert rows == ["longer", "run", "copy"]


def test_the_json_holds_the_ranking(several: list[str], long: Path) -> None:
    found = {Path(score["run"]).parent.name: score for score in scores(*several, "--on", long)}
    assert found["longer"]["rank"] == 1 and found["longer"]["group"] == 1
    assert {found[name]["rank"] for name in ("run", "copy")} == {2, 3}
    assert {found[name]["group"] for name in ("run", "copy")} == {2}


def test_on_a_text_too_short_to_compare_there_are_ranks_and_no_groups(several: list[str]) -> None:
    found = scores(*several, "--on", "run.txt")
    assert [score["rank"] for score in found] == [2, 3, 1]
    assert [score["group"] for score in found] == [None] * 3
    assert [(score["rank"], score["group"]) for score in scores(several[0])] == [(1, None)]


def test_seeds_of_one_configuration_share_a_rank(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(long.parent)
    for seed in range(2):
        tiny.trained(Path(f"fox-seed-{seed}"), budget=Budget(steps=20), settings={"seed": seed})
    tiny.trained(Path("longer"), budget=Budget(steps=60))
    found = scores("fox-seed-0", "fox-seed-1", "longer", "--on", long)
    assert [score["rank"] for score in found] == [2, 2, 1]


def test_a_run_without_bits_is_not_ranked(several: list[str]) -> None:
    Path("sat.txt").write_text("the  cat sat on the mat \n" * 500, encoding="utf-8")
    tiny.trained(Path("words"), text="the cat sat on the mat \n" * 200, tokenizer=WhitespaceConfig())
    *found, without = scores(*several, "words", "--on", "sat.txt")
    assert sorted(score["rank"] for score in found) == [1, 2, 3]
    assert (without["rank"], without["group"]) == (None, None)
    (ranking,) = (line for line in evaluate(*several, "words", "--on", "sat.txt").stdout.splitlines() if "best" in line)
    assert "words" not in ranking


def test_verbose_compares_every_two_runs(several: list[str], long: Path) -> None:
    shown = evaluate(*several, "--on", long, "-v").stdout
    assert "longer is better than run by " in shown
    assert "longer is better than copy by " in shown
    assert "run and copy cannot be told apart" in shown


def test_runs_that_differ_only_in_their_seed_are_one_row(run: Path, long: Path) -> None:
    names = [f"fox-seed-{seed}" for seed in range(3)]
    for seed, name in enumerate(names):
        tiny.trained(Path(name), budget=Budget(steps=20), settings={"seed": seed})
    shown = evaluate(*names, run, "--on", long).stdout
    rows = [line for line in shown.splitlines() if line.startswith(("fox", "run "))]
    assert [row.split()[0] for row in rows[:2]] == ["fox,", "run"]
    bits = [score["bits_per_character"] for score in scores(*names, "--on", long)]
    assert f"{sum(bits) / 3:.4f}" in rows[0]
    assert "fox, 3 seeds: means over the seeds; the standard deviation is 0.0" in shown
    assert "best first: fox, 3 seeds; then run" in shown
    alone = evaluate(*names, "--on", long)
    assert "fox-seed-0 and fox-seed-1" not in alone.stdout and " is better than " not in alone.stdout
    verbose = evaluate(*names, "--on", long, "-v").stdout
    assert "fox-seed-1" in verbose


def test_runs_of_different_texts_are_not_compared_which_is_said(run: Path) -> None:
    tiny.trained(Path("other"), text=tiny.TEXT[1000:])
    hint = "these runs were scored on different texts; --on FILE compares them on one text"
    assert hint in evaluate(run, "other").stdout
    assert hint not in evaluate(run).stdout


def test_the_same_seed_twice_is_two_rows(run: Path) -> None:
    shutil.copytree(run, "copy")
    shown = evaluate(run, "copy").stdout.splitlines()
    assert [sum(line.startswith(name) for line in shown) for name in ("run  ", "copy  ")] == [1, 1]


def test_csv_has_the_figures_in_full(several: list[str]) -> None:
    (row,) = csv.DictReader(io.StringIO(evaluate(several[2], "--form", "csv").stdout, newline=""))
    (score,) = scores(several[2])
    assert row["model"] == "longer"
    assert float(row["bits/char"]) == score["bits_per_character"]
    assert float(row["nats/token"]) == score["nats_per_token"]
    assert int(row["tokens"]) == score["tokens"]


def test_markdown_and_latex_are_tables(several: list[str]) -> None:
    shown = evaluate(several[0], "--form", "markdown").stdout.splitlines()
    assert shown[0] == "| model | bits/char | bits/byte | perplexity | nats/token | tokens |"
    assert shown[1] == "| --- | ---: | ---: | ---: | ---: | ---: |"
    assert shown[2].startswith("| run | ")
    shown = evaluate(several[0], "--form", "latex").stdout.splitlines()
    assert shown[0] == r"\begin{tabular}{lrrrrr}"
    assert shown[2] == r"model & bits/char & bits/byte & perplexity & nats/token & tokens \\"
    assert shown[-1] == r"\end{tabular}"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--form", "jsonl"], "the table has no form jsonl: choose csv, markdown or latex, or --json"),
        (["--by", "line", "--form", "latex"], "--by has no form latex: choose jsonl or csv"),
        (
            ["--form", "csv", "--json"],
            "--json cannot be given with --form, which prints one table alone: leave out --json",
        ),
    ],
    ids=str,
)
def test_a_form_that_a_result_does_not_have_is_refused(options: list[str], line: str, run: Path) -> None:
    refused = evaluate(run, *options)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1] == f"seqgen: {line}"
