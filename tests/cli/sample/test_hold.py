"""`seqgen sample --hold`: texts with a unit held."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.sample.commands import objects_of, sample, text_of


def test_the_same_seed_gives_the_same_bytes_and_another_value_other_bytes(run_folder: Path) -> None:
    held, again, other = (text_of(run_folder, "--hold", f"0:c3={value}") for value in (5, 5, -5))
    assert held == again != other
    assert held != text_of(run_folder)


def test_several_units_can_be_held_and_replay_writes_the_text_again(run_folder: Path, tmp_path: Path) -> None:
    arguments = ["--hold", "0:1=3", "--hold", "0:c2=-1", "--length", 50]
    result = sample(run_folder, *arguments, "--seed", 0, "--json")
    (tmp_path / "held.json").write_text(result.stdout, encoding="utf-8")
    (item,) = objects_of(run_folder, *arguments)
    assert item["options"]["hold"] == {"0:1": 3.0, "0:c2": -1.0}
    assert text_of(run_folder, "--replay", tmp_path / "held.json").strip() == item["text"].strip()


def test_the_odds_and_the_beam_hold_units_too(run_folder: Path) -> None:
    for option in (["--odds"], ["--beam", 2, "--length", 60]):
        assert text_of(run_folder, *option) != text_of(run_folder, *option, "--hold", "0:3=9")


@pytest.mark.parametrize(
    ("hold", "message"),
    [
        ("1:3=2", "there is no unit 1:3: the model has the layers 0 to 0, of the units 0 to 15 each"),
        ("0:16=2", "there is no unit 0:16"),
        ("3=2", "'3' names no unit: write LAYER:UNIT"),
        ("0:3", "'0:3' holds no unit: write LAYER:UNIT=NUMBER"),
        ("0:3=nan", "the unit 0:3 is held at nan: it must be a finite number"),
    ],
)
def test_what_is_no_unit_is_refused_in_one_line(run_folder: Path, hold: str, message: str) -> None:
    result = sample(run_folder, "--hold", hold)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"seqgen: {message}") and result.stderr.count("\n") == 1
