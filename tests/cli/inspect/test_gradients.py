"""`seqgen inspect gradients`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from tests.cli.one_line import assert_one_line

TANH, EXPLODING = "rnn,d_model=8", "rnn,d_model=24,recurrent_norm=3"


def inspect(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["inspect", "gradients", *map(str, arguments)])


def flows(*arguments: object) -> list[dict[str, Any]]:
    result = inspect(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_a_run_is_shown_trained_and_untrained(run_folder: Path) -> None:
    trained, untrained = flows(run_folder, "--lag", 50)
    assert [flow["is_trained"] for flow in (trained, untrained)] == [True, False]
    assert trained["model"] == untrained["model"] == "tiny"
    assert trained["text"].endswith("(valid)")
    assert trained["lags"][-1] == 50
    assert trained["gradient_norms"] != untrained["gradient_norms"]


def test_a_new_cell_reads_what_the_run_beside_it_reads(run_folder: Path) -> None:
    *_, cell = flows(run_folder, "--cell", TANH, "--lag", 20)
    assert cell["model"] == "rnn, d_model 8"
    assert cell["text"].endswith("(valid)")


def test_cells_alone_read_random_tokens_or_the_characters_of_a_file(story: Path) -> None:
    (random,), (read,) = flows("--cell", TANH, "--lag", 20), flows("--cell", TANH, "--lag", 20, "--on", story)
    assert (random["text"], read["text"]) == ("random tokens", "story.txt")


def test_the_output_has_a_plot_two_tables_and_what_clipping_does() -> None:
    result = inspect("--cell", TANH, "--cell", EXPLODING, "--lag", 100)
    assert result.exit_code == 0, result.stderr
    for words in ("over k", "a  rnn, d_model 8", "at most, by the theory", "clipping makes it 10"):
        assert words in result.stdout
    assert max(map(len, result.stdout.split("The gradient")[0].splitlines())) <= 80


def test_clip_sets_the_norm_of_the_clipped_gradient() -> None:
    (flow,) = flows("--cell", EXPLODING, "--lag", 100, "--clip", 2)
    assert flow["clip_norm"] == 2
    assert flow["clipped_share"] * flow["weight_gradient_norm"] == pytest.approx(2)


def test_settings_are_shared_by_the_cells_that_have_them() -> None:
    first, second = flows(
        "--cell", "rnn", "--cell", "gru", "--set", "nonlinearity=relu", "--set", "d_model=8", "--lag", 9
    )
    assert (first["model"], second["model"]) == ("rnn relu, d_model 8", "gru, d_model 8")


def test_copy_trains_every_cell_and_shows_it_before_and_after() -> None:
    before, after = flows("--cell", "gru,d_model=8", "--copy", 150, "--lag", 3)
    assert (before["is_trained"], after["is_trained"]) == (False, True)
    assert before["share_copied"] < after["share_copied"] == 1


def test_numbers_beyond_float64_are_null_in_json_and_named_in_the_table() -> None:
    cell = "rnn,d_model=24,nonlinearity=relu,recurrent_norm=1e6"
    (flow,) = flows("--cell", cell, "--lag", 100)
    assert (flow["gradient_norms"][-1], flow["clipped_share"]) == (None, None)
    result = inspect("--cell", cell, "--lag", 100)
    assert result.exit_code == 0, result.stderr
    assert "overflow" in result.stdout


@pytest.mark.parametrize("memory", [1, 2])
def test_a_transformer_that_carries_one_position_or_none_has_no_singular_values(memory: int) -> None:
    (flow,) = flows("--cell", f"transformer,memory={memory}", "--lag", 5)
    assert flow["gradient_norms"][-1] == 0 and flow["jacobians"] is None


def test_out_draws_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "gradients.png"
    result = inspect("--cell", TANH, "--lag", 20, "--out", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert result.stderr.splitlines()[-1] == f"picture: {path}"


def test_the_seed_decides_new_weights() -> None:
    first, again, other = (flows("--cell", TANH, "--lag", 9, "--seed", seed) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cell", "lstmm"], "--cell is 'lstmm'|did you mean lstm?"),
        (["--cell", "rnn,widht=3"], "sets an unknown field"),
        (["--cell", "rnn", "--set", "forget_bias=1"], "'forget_bias=1' sets an unknown field"),
        (["--cell", "rnn", "--lag", "0"], "--lag is 0: it must be 1 or more"),
        (["--cell", "rnn", "--copy", "0"], "--copy is 0: it must be 1 or more"),
        (["--cell", "rnn", "--seed", "-1"], "--seed is -1: it must be from 0 to 2^63 - 1"),
        (["--cell", "rnn", "--seed", "9223372036854775808"], "--seed is 9223372036854775808: it must be from 0"),
        (["--cell", "rnn", "--copy", "5", "--lag", "20000"], "--lag is 20,000: in the copy task it must be 10,000"),
        (["--cell", "rnn", "--clip", "0"], "--clip is 0: it must be above 0"),
        (["--cell", "rnn", "--lag", "20000"], "random tokens has 10,000 tokens|smaller --lag"),
        (["--cell", "rnn", "--part", "train"], "--part cannot be given for cells without a run"),
        (["--cell", "rnn", "--out", "a.jpg"], "--out a.jpg: the picture is a PNG"),
        (["--cell", "rnn", "--out", "nowhere/a.png"], "--out nowhere/a.png: there is no folder nowhere"),
        (["--set", "d_model=8"], "--set means nothing without --cell"),
        (["--cell", "rnn", "--copy", "5", "--on", "story.txt"], "--copy|--on"),
    ],
)
def test_what_cannot_be_measured_ends_with_one_line(arguments: list[str], words: str) -> None:
    assert_one_line(inspect(*arguments), words)


def test_a_text_that_is_too_short_is_named(run_folder: Path) -> None:
    assert_one_line(
        inspect(run_folder, "--lag", 2000), "(valid) has 600 tokens: looking 2,000 back takes 2,002 or more"
    )


def test_runs_of_pairs_are_refused(pair_folder: Path) -> None:
    assert_one_line(inspect(pair_folder), "reversed learned from pairs|name a run of a text")
