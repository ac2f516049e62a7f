"""`seqgen sample`: options that are wrong or do not go together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.sample.commands import sample


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--count", 0], "--count is 0: it must be 1 or more"),
        (["--best-of", 0], "--best-of is 0: it must be 1 or more"),
        (
            ["--follow", "--length", 5],
            "--length cannot be given with --follow, which writes one text without end: leave out --length",
        ),
        (["--follow", "--temp", 1, "--temp", 2], "several --temp cannot be given with --follow: give one"),
        (["--beam", 0], "--beam is 0: it must be 1 or more"),
        (["--beam", 1_000_000], "the beam is 1,000,000 wide: it must be from 1 to 10,000"),
        (
            ["--count", 10**12],
            "--count is 1000000000000: it must be at most 1,000,000 texts, counting those that are not kept",
        ),
        (
            ["--beam", 2, "--temp", 1],
            "--temp cannot be given with --beam, which finds the likeliest text and samples nothing: leave out --temp",
        ),
        (
            ["--no-copy", 3],
            "--no-copy is 3: it must be 8 or more, because nearly all runs of 3 characters stand in the training text, "
            "so hardly any text could be written",
        ),
        (
            ["--beam", 2, "--json"],
            "--json cannot be given with --beam, which finds the likeliest text and samples nothing: leave out --json",
        ),
        (
            ["--color", "--best-of", 2],
            "--best-of cannot be given with --color, which shows a text while it is written: leave out --best-of",
        ),
        (
            ["--odds", "--temp", 1],
            "--temp cannot be given with --odds, which shows probabilities and writes no text: leave out --temp",
        ),
        (
            ["--replay", "x", "--seed", 1],
            "--seed cannot be given with --replay, which takes its options from the file: leave out --seed",
        ),
        (["--bias", "e"], "the bias 'e' has no number: write it as TEXT=NUMBER"),
        (["--bias", "e=x"], "the bias 'e=x' has no number: write it as TEXT=NUMBER"),
        (["--bias", "e=inf"], "--bias is {'e': inf}: it must be of finite numbers"),
        (["--stop", ""], "--stop is ('',): it must be of one character or more each"),
        (["--min-p", 0], "--min-p is 0: it must be above 0 and at most 1"),
        (["--typical", 2], "--typical is 2: it must be above 0 and at most 1"),
        (["--repetition-penalty", 0], "--repetition-penalty is 0: it must be above 0"),
        (
            ["--until-end-of-text"],
            "the model was trained on one text: --until-end-of-text needs a model trained with --documents",
        ),
    ],
    ids=str,
)
def test_options_that_are_wrong_or_do_not_go_together_get_one_line(
    options: list[object], line: str, run_folder: Path
) -> None:
    result = sample(run_folder, *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == f"seqgen: {line}"


@pytest.mark.parametrize("options", [["--match", "[a-z"], ["--no-copy", 3]], ids=str)
def test_options_that_are_refused_are_refused_before_anything_is_said(options: list[object], run_folder: Path) -> None:
    result = sample(run_folder, *options)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"seqgen: {options[0]} ")
