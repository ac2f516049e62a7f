"""`seqgen eval --novelty` and `--samples`: whether a text is copied, and what samples lack beside human text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqgen.config import Budget
from tests import tiny
from tests.cli.evaluate.commands import evaluate


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
    assert set(copied) == {"run", "text", "made", "human", "limit", "verdict"}
    shown = evaluate(run, "--on", "copy.txt", "--novelty")
    assert shown.exit_code == 0, shown.stderr
    assert copied["verdict"] in shown.stdout
    assert (run / "novelty-copy.png").read_bytes().startswith(b"\x89PNG")


def test_samples_are_examined_if_no_text_is_given(run: Path) -> None:
    found = novelty(run, "--samples", 2)
    assert found["text"] == "2 samples of 1,000 characters at temperature 0.8"
    assert found["made"]["n_characters"] == 2001
    assert evaluate(run, "--novelty", "--samples", 2).exit_code == 0
    assert (run / "novelty.png").read_bytes().startswith(b"\x89PNG")


def test_samples_say_which_temperature_has_the_fewest_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.trained(Path("run"), text=tiny.TEXT * 12, budget=Budget(steps=120), settings={"d_model": 32})
    (found,) = json.loads(evaluate("run", "--samples", 2, "--json").stdout)
    temperatures = [sample["temperature"] for sample in found["samples"]]
    assert temperatures == sorted(temperatures) and found["human"]["temperature"] is None
    best = min(found["samples"][1:-1], key=lambda sample: sample["faults"])  # those with two neighbours
    assert found["best_temperature"] == best["temperature"]
    result = evaluate("run", "--samples", 2)
    assert result.stdout.splitlines()[-1].startswith(f"for this model use {best['temperature']:g}: ")
    assert Path("run/quality.png").read_bytes().startswith(b"\x89PNG")


def test_no_temperature_is_recommended_to_a_model_that_writes_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.trained(Path("run"), text=tiny.TEXT * 4, budget=Budget(steps=1))
    lines = evaluate("run", "--samples", 1).stdout
    assert "no temperature can be recommended" in lines and "for this model use" not in lines


def test_samples_are_not_compared_with_a_held_out_text_that_is_too_short(run: Path) -> None:
    refused = evaluate(run, "--samples", 2)
    assert refused.exit_code == 1
    assert "characters: comparing samples with it takes 1,000 or more" in refused.stderr.splitlines()[-1]
