"""`seqgen inspect criteria`: a table of three models, a sentence for each criterion, a picture, JSON, refusals."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import tiny
from tests.cli.inspect.commands import printed, refusal, report

CRITERIA = ["variable length", "order", "long-term dependencies", "shared parameters"]


@pytest.fixture(autouse=True)
def workshop(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.inspection.criteria._N_TASK_STEPS", 1)
    monkeypatch.chdir(tmp_path)
    Path("story.txt").write_text(tiny.TEXT, encoding="utf-8")
    shutil.copytree(run_folder, "checkpoints/lstm")
    shutil.copy(run_folder.parent / f"{run_folder.name}.txt", "corpus.txt")


SHORT = ("checkpoints/lstm", "--on", "story.txt", "--longest", 64, "--steps", 3, "--corpus", "corpus.txt")


def test_every_criterion_has_a_verdict_for_each_model_and_a_sentence() -> None:
    lines = printed("criteria", *SHORT).splitlines()
    table = [line for line in lines if line.endswith((" yes", " no", " unclear"))]
    assert [line[:24].strip() for line in table] == [criterion[:24] for criterion in CRITERIA]
    assert lines[0].split() == ["criterion", "lstm", "window", "of", "16", "bag", "of", "tokens"]
    (order,) = (line.split() for line in lines if line.startswith("  bits/char lost, last 16 mixed"))
    assert order[-1] == "0"
    (counting,) = (line.split() for line in lines if line.startswith("  tokens that count, of 64 given"))
    assert counting[-3:] == ["64", "16", "64"]
    for criterion in CRITERIA:
        assert sum(line.startswith(f"{criterion}: ") for line in lines) == 1
    first_sentence = next(number for number, line in enumerate(lines) if line.startswith("all predict the same"))
    assert max(map(len, lines[:first_sentence])) <= 80


def test_the_picture_and_the_json_have_every_model() -> None:
    document = report("criteria", *SHORT, "--out", "criteria.png")
    assert [model["model"] for model in document["models"]] == ["lstm", "window of 16", "bag of tokens"]
    for model in document["models"]:
        assert list(model["criteria"]) == CRITERIA
        assert [point["tokens"] for point in model["lengths"]] == [1, 2, 4, 8, 16, 32, 64]
        assert [point["shuffled"] for point in model["order"]] == [2, 4, 8, 16]
        assert len(model["right_by_place"]) == 16
    assert document["steps"] == 3
    assert document["picture"] == "criteria.png"
    assert Path("criteria.png").read_bytes().startswith(b"\x89PNG")


def test_bad_input_is_one_line(pair_folder: Path) -> None:
    run = SHORT[:3]
    assert refusal("criteria", *run, "--seed", -1) == "seqgen: --seed is -1: it must be from 0 to 2^63 - 1"
    assert refusal("criteria", *run, "--steps", 0) == "seqgen: --steps is 0: it must be 1 or more"
    assert refusal("criteria", *run, "--longest", 8).startswith("seqgen: inputs have 8 tokens at most, because of")
    assert refusal("criteria", *run, "--out", "a.pdf").startswith("seqgen: --out a.pdf: the picture is a PNG")
    assert refusal("criteria", "english", *run[1:]).startswith("seqgen: english came without its text, from which the")
    assert "learned from pairs: the criteria are those of texts" in refusal("criteria", pair_folder)
