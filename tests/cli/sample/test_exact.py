"""`seqgen sample --match --exact`: texts that match as often as the model writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from seqgen.config import TokenizerName
from tests.cli.sample.commands import sample


def test_exact_texts_match_and_can_be_written_again(runs: dict[TokenizerName, Path], tmp_path: Path) -> None:
    made = sample(runs["char"], "--match", "[a-z ]{2}", "--exact", "--length", 2, "--count", 3, "--json")
    texts = [item["text"] for item in json.loads(made.stdout)]
    assert [bool(re.fullmatch("[a-z ]{2}", text)) for text in texts] == [True] * 3
    (tmp_path / "made.json").write_text(made.stdout, encoding="utf-8")
    again = sample(runs["char"], "--replay", tmp_path / "made.json", "--json")
    assert [item["text"] for item in json.loads(again.stdout)] == texts


def test_tries_without_a_match_are_counted(runs: dict[TokenizerName, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.sampling.exact_match.TRIES_PER_TEXT", 20)
    result = sample(runs["char"], "--match", "[xyz]{30}", "--exact", "--length", 30)
    said = " ".join(result.stderr.split())
    assert "0 texts instead of 1: only so many of 20 tries matched; try --match without --exact" in said


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--exact"], "--exact means nothing without --match: add --match"),
        (["--exact", "--match", "a", "--new"], "--exact and --new cannot be given together"),
        (["--exact", "--match", "a", "--stop", "b"], "--exact and --stop cannot be given together"),
        (["--exact", "--match", "a", "--beam", 2], "--exact cannot be given with --beam, which finds the likeliest"),
        (["--exact", "--match", "a", "--temp", 1, "--temp", 2], "several --temp cannot be given with --exact"),
    ],
    ids=str,
)
def test_what_does_not_go_with_exact_is_refused(options: list[object], line: str, run_folder: Path) -> None:
    result = sample(run_folder, *options)
    assert result.exit_code != 0
    assert line in result.stderr
