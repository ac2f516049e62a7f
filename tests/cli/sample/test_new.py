"""`seqgen sample --new`: new documents only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqgen import load
from seqgen.config import Budget
from tests import tiny
from tests.cli.sample.commands import objects_of, sample, text_of

NAMES = [f"{first}{second}" for first in "ab" for second in "xyz"]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on six names, which it hardly knows."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("names")
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return tiny.trained(folder / "run", text="\n".join(NAMES * 4), documents="line", budget=Budget(steps=20))


def test_new_documents_are_printed(names: Path) -> None:
    result = sample(names, "--new", "--count", 20, "--length", 9, "--seed", 1)
    found = result.stdout.split("\n\n")
    assert (len(found), len(set(found))) == (20, 20)
    assert not set(found) & set(NAMES)
    assert "missing" not in result.stderr
    assert found == load(names).write_many(count=20, length=9, new=True, seed=1)


def test_it_says_how_many_are_missing(names: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.sampling.new_texts.MOST_TRIES", 30)
    result = sample(names, "--new", "--count", 9, "--temp", 0)
    n_found = len(result.stdout.split("\n\n")) if result.stdout else 0
    assert result.exit_code == 0
    assert n_found <= 1
    texts = "text" if n_found == 1 else "texts"
    assert f"{n_found} new {texts} instead of 9: stopped after 30 texts in a row that were empty," in result.stderr


def test_they_are_written_again_from_their_json(names: Path, tmp_path: Path) -> None:
    made = objects_of(names, "--new", "--count", 6, "--length", 9, "--seed", 3)
    (tmp_path / "made.json").write_text(json.dumps(made), encoding="utf-8")
    assert sample(names, "--replay", tmp_path / "made.json").stdout == "\n\n".join(item["text"] for item in made)


def test_a_file_of_an_earlier_version_is_still_replayed(names: Path, tmp_path: Path) -> None:
    made = objects_of(names, "--count", 2, "--length", 9, "--seed", 3)
    old = [{key: value for key, value in item.items() if key not in ("first", "new")} for item in made]
    (tmp_path / "made.json").write_text(json.dumps(old), encoding="utf-8")
    assert sample(names, "--replay", tmp_path / "made.json").stdout == "\n\n".join(item["text"] for item in made)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--follow"], "--new cannot be given with --follow, which writes one text without end: leave out --new"),
        (["--color"], "--new cannot be given with --color, which shows a text while it is written: leave out --new"),
        (
            ["--beam", 2],
            "--new cannot be given with --beam, which finds the likeliest text and samples nothing: leave out --new",
        ),
        (["--temp", 1, "--temp", 2], "several --temp cannot be given with --new: give one"),
    ],
    ids=str,
)
def test_options_that_do_not_go_with_it_get_one_line(options: list[object], line: str, names: Path) -> None:
    result = sample(names, "--new", *options)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, f"seqgen: {line}")


def test_a_model_of_one_text_has_no_new_documents(run_folder: Path) -> None:
    result = sample(run_folder, "--new")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "seqgen: the model was trained on one text: --new needs a model trained with --documents"
    )


def test_short_documents_need_not_copy_two_characters(names: Path) -> None:
    assert text_of(names, "--no-copy", 2, "--until-end-of-text", "--length", 4) not in NAMES
    assert "--no-copy is 1: it must be 2 or more" in sample(names, "--no-copy", 1).stderr
