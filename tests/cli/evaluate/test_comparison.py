"""`seqgen eval` with several runs, with baselines, and with dynamic evaluation."""

from __future__ import annotations

import importlib
import re
import shutil
from pathlib import Path

import pytest

from seqgen.config import Budget
from seqgen.run import MODEL_FILE
from tests import tiny
from tests.cli.evaluate.commands import KNOWN, evaluate, others, scores


def test_the_better_of_two_runs_is_named_with_its_lead(run: Path, long: Path) -> None:
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


def test_baselines_appear_in_the_same_table(run: Path) -> None:
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


def test_the_table_fits_80_characters_for_any_text(run: Path, tmp_path: Path) -> None:
    for name, text in (("a_text_with_a_long_name.txt", tiny.TEXT), ("mixed.txt", KNOWN + "漢字")):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    tables = evaluate(run, "--on", "a_text_with_a_long_name.txt", "--on", "mixed.txt", "--baselines").stdout
    figures = [line for line in tables.splitlines() if re.search(r"\d\.\d{4}  ", line)]
    assert len(figures) > 12
    assert max(map(len, figures)) <= 80, tables


def test_a_baseline_that_beats_the_model_is_named_with_its_interval(run: Path, long: Path) -> None:
    """A run of three steps."""
    shown = " ".join(evaluate(run, "--on", long, "--baselines").stdout.split())
    assert re.search(
        r"-gram Kneser-Ney predicts long.txt better than run by \d\.\d{3} ± \d\.\d{3} bits/byte: more", shown
    )
    assert "among the compressors, " in shown
    tiny.trained(Path("other"), budget=Budget(steps=1))
    shown = " ".join(evaluate(run, "other", "--on", long, "--baselines").stdout.split())
    assert "Kneser-Ney predicts long.txt better than run, the best run here, by " in shown


def test_the_differences_from_baselines_are_those_of_the_scores(run: Path, long: Path) -> None:
    (score,) = scores(run, "--on", long)
    for item in (item for item in others(run, "--on", long, "--baselines") if "baseline" in item):
        (found,) = item["differences"]
        assert (Path(found["run"]).parent.name, found["context"]) == ("run", "carried")
        lead = score["bits_per_byte"] - item["bits_per_byte"]
        assert found["difference"]["bits_per_byte"] == pytest.approx(lead)
        assert found["difference"]["is_certain"] == (abs(lead) > found["difference"]["plus_minus"])


def test_a_lead_that_this_text_cannot_tell_is_no_reason_for_more_training(
    run: Path, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = importlib.import_module("seqgen.evaluation.compare")  # its name is also that of a function
    monkeypatch.setattr(compare, "half_width", lambda values: 10.0)
    monkeypatch.setattr("seqgen.evaluation.against_baselines.least_clear_share", lambda n_tokens: 10.0)
    shown = " ".join(evaluate(run, "--on", long, "--baselines").stdout.split())
    assert re.search(r"run cannot be told apart on long.txt from \d+-gram Kneser-Ney \(\d\.\d{3} ± 10.000", shown)
    assert re.search(r"among the compressors, .* does about as well as run on long.txt: they differ by ", shown)
    assert "more training" not in shown


def test_a_text_too_short_for_intervals_is_not_compared_with_baselines(run: Path) -> None:
    shown = " ".join(evaluate(run, "--baselines").stdout.split())
    assert "run.txt (valid) is too short to compare a run with baselines, which takes 10,000 bytes" in shown
    assert "better" not in shown


def test_dynamic_evaluation_adds_a_row_and_does_not_change_the_weights(run: Path) -> None:
    before = (run / MODEL_FILE).read_bytes()
    carried, dynamic = scores(run, "--dynamic")
    assert (carried["context"], dynamic["context"]) == ("carried", "dynamic")
    alone = scores(run)[0]
    assert {**carried, "rank": 1} == {**alone, "rank": 1}  # its rank counts the dynamic row too
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
