"""`seqgen eval` says when a model was trained on the text that it is scored on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny
from tests.cli.evaluate.commands import evaluate, scores
from tests.tiny import TEXT

OTHER = "the quick brown fox jumps over the lazy dog and on it goes. " * 2


def warnings(*arguments: object) -> list[str]:
    return [line for line in evaluate(*arguments).stderr.splitlines() if not line.startswith("model: ")]


@pytest.mark.parametrize(
    ("text", "share"),
    [("x" + TEXT[:4200], "100.0%"), (TEXT[500:1500] * 2, "97.5%"), (OTHER * 5 + TEXT[:300], "2")],
)
def test_a_text_with_passages_of_the_training_text_is_noticed(text: str, share: str, run: Path) -> None:
    Path("other.txt").write_text(text, encoding="utf-8")
    (line,) = warnings(run, "--on", "other.txt")
    assert line.startswith(share)
    assert line.endswith(
        "of the passages of 50 characters in other.txt also occur in the training text of run, "
        "so these scores are optimistic"
    )


def test_the_share_is_in_the_json(run: Path) -> None:
    Path("other.txt").write_text(OTHER, encoding="utf-8")
    (other,), (own,) = scores(run, "--on", "other.txt"), scores(run)
    assert (other["training_overlap"], own["training_overlap"]) == (0, None)


def test_nothing_is_said_of_another_text_or_of_the_held_out_part(run: Path) -> None:
    Path("other.txt").write_text(OTHER, encoding="utf-8")
    assert not warnings(run, "--on", "other.txt")
    assert not warnings(run, "--part", "test")


def test_a_validation_text_that_was_trained_on_is_noticed(run: Path) -> None:
    Path("valid.txt").write_text(TEXT[1000:2000], encoding="utf-8")
    run = tiny.trained(Path("overlapping"), valid_paths=("valid.txt",))
    (line,) = warnings(run)
    assert line.startswith("100.0% of the passages of 50 characters in valid.txt (valid) also occur")


def test_it_says_when_nobody_can_know(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.txt").write_text(OTHER, encoding="utf-8")
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "empty"))
    Path("run.txt").rename("moved.txt")
    (line,) = warnings(run, "--on", "other.txt")
    assert line.startswith("the training text of run is not found")
    assert not warnings(run, "--on", "other.txt", "--corpus", "moved.txt")
