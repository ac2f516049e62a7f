"""`seqgen inspect depth`: a row for each depth, what the seeds say, a picture, JSON, and one line for bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny
from tests.cli.inspect.commands import printed, refusal, report

SMALL = ("--params", 50000, "--steps", 2, "--set", "n_streams=2", "--set", "window=16")


@pytest.fixture(autouse=True)
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("story.txt").write_text(tiny.TEXT, encoding="utf-8")


def test_every_depth_has_a_row_of_as_many_parameters() -> None:
    lines = printed("depth", "story.txt", *SMALL).splitlines()
    assert lines[0].split() == ["layers", "width", "parameters", "bits/char", "train"]
    rows = [line.split() for line in lines[2:5]]
    assert [row[0] for row in rows] == ["1", "2", "4"]
    sizes = [int(row[2].replace(",", "")) for row in rows]
    assert max(sizes) / min(sizes) <= 1.01
    assert max(map(len, lines[:5])) <= 80
    assert "the parameters agree within 0." in lines[5]
    assert "one seed cannot tell how much of that is chance: add --seeds 3" in lines[6]
    assert not Path("checkpoints").exists()


def test_seeds_say_how_much_is_chance() -> None:
    lines = printed("depth", "story.txt", *SMALL, "--layers", "1,2", "--seeds", 2).splitlines()
    assert lines[0].split() == ["layers", "width", "parameters", "bits/char", "±", "train"]
    assert "standard deviation over 2 seeds" in lines[4]
    assert "than chance between seeds explains" in lines[5]


def test_the_picture_and_the_json_have_every_depth() -> None:
    document = report("depth", "story.txt", *SMALL, "--cell", "gru", "--layers", "3,1", "--out", "depth.png")
    assert document["cell"] == "gru"
    assert [model["n_layer"] for model in document["models"]] == [3, 1]
    assert all(len(model["valid_bits_per_character"]) == 1 for model in document["models"])
    assert document["picture"] == "depth.png"
    assert Path("depth.png").read_bytes().startswith(b"\x89PNG")


def test_bad_input_is_one_line() -> None:
    for layers in ("1,x", "0", "2,2", "1,65", "1,99999999999"):
        problem = refusal("depth", "story.txt", "--layers", layers)
        assert problem.startswith("seqgen: --layers is ")
        assert problem.endswith(": it must be numbers from 1 to 64, each once, such as 1,2,4")
    assert refusal("depth", "story.txt", "--set", "d_model=9").startswith("seqgen: d_model is what is compared")
    assert refusal("depth", "story.txt", "--params", 300).startswith("seqgen: --params is 300: no widths give 1, 2, 4")
    assert refusal("depth", "story.txt", "--seed", -1) == "seqgen: --seed is -1: it must be from 0 to 2^63 - 1"
    assert refusal("depth", "story.txt", "--seeds", 0) == "seqgen: --seeds is 0: it must be 1 or more"
