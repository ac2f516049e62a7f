"""`seqgen fill`: texts, the likeliest fills, scores of gaps, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.cli.fill.output import print_texts
from seqgen.config import Budget, FillConfig
from seqgen.sampling.filling import FilledText
from tests import tiny
from tests.cli.one_line import assert_one_line
from tests.hostile import Terminal
from tests.tiny import READABLE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run in each direction."""
    folder = tmp_path_factory.mktemp("fill")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        for name, backward in (("there", False), ("back", True)):
            run = folder / "checkpoints" / name
            tiny.trained(run, text=READABLE, backward=backward, budget=Budget(steps=20))
    return folder


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SEQGEN_CACHE", str(folder / "cache"))


def fill(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["fill", *map(str, arguments)])


def test_a_text_is_printed_with_its_gap_filled() -> None:
    result = fill("The __ sat.", "--seed", 1, "--draws", 12)
    assert result.exit_code == 0
    assert result.stderr == (
        "forward: checkpoints/there/model.safetensors (lstm, char); "
        "backward: checkpoints/back/model.safetensors (lstm, char)\n"
    )
    assert result.stdout.startswith("The ")
    assert result.stdout.endswith(" sat.")
    assert "__" not in result.stdout


def test_the_seed_that_was_drawn_is_said_and_gives_the_same_text() -> None:
    first = fill("The __ sat.", "--draws", 12)
    seed = first.stderr.splitlines()[-1].split()[-1]
    assert fill("The __ sat.", "--draws", 12, "--seed", seed).stdout == first.stdout


def test_json_has_texts_fills_and_what_decides_them() -> None:
    result = fill("The ? s?t.", "--gap", "?", "--count", 2, "--draws", 6, "--seed", 3, "--max-length", 4, "--json")
    texts = json.loads(result.stdout)
    assert [len(text["fills"]) for text in texts] == [2, 2]
    assert {text["seed"] for text in texts} == {3}
    for text in texts:
        first, second = (each["text"] for each in text["fills"])
        assert text["text"] == f"The {first} s{second}t."
        assert max(len(first), len(second)) <= 4


@pytest.mark.parametrize(("raw", "shown"), [(False, "a\\x1b[2J\n"), (True, "a\x1b[2J")])
def test_a_text_steers_the_terminal_only_on_demand(raw: bool, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(newline="")
    monkeypatch.setattr("sys.stdout", terminal)
    print_texts([FilledText("a\x1b[2J", ())], FillConfig(), raw=raw, as_json=False)
    assert terminal.getvalue() == shown


def test_odds_show_the_likeliest_fills() -> None:
    result = fill("The __ sat.", "--odds", "--draws", 20, "--seed", 1)
    header, _, first, *_ = result.stdout.splitlines()
    assert header.split() == ["fill", "share", "forward", "backward", "both"]
    forward, backward, both = map(float, first.split()[-3:])
    assert both == pytest.approx((forward + backward) / 2, abs=0.011)
    found = json.loads(fill("The __ sat.", "--odds", "--draws", 20, "--seed", 1, "--json").stdout)
    assert sum(each["share"] for each in found) == pytest.approx(1)


def test_scores_compare_both_with_each_alone() -> None:
    found = json.loads(fill("--score", 8, "--json").stdout)
    assert (found["gaps"], found["candidates"]) == (8, 20)
    assert [row["read"] for row in found["readings"]][-1] == "both"
    table = fill("--score", 8).stdout
    assert "by chance 5% are right" in " ".join(table.split())
    assert fill("--score", 8, "--seed", 0).stdout == table


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["The cat sat."], "there is no gap in 'The cat sat.': mark each with __"),
        (["a__b__c", "--odds"], "--odds shows the fills of one gap"),
        ([], "give a text with a gap|--score GAPS"),
        (["a__b", "--draws", "0"], "--draws is 0: it must be from 1 to 10,000"),
        (["a__b", "--temp", "-1"], "--temp is -1: it must be 0 or more"),
        (["a__b", "--raw", "--json"], "--raw and --json cannot be given together"),
        (["a__b", "--odds", "--raw"], "--raw cannot be given with --odds, which shows fills"),
        (["a__b", "--length", "2", "--max-length", "3"], "--length and --max-length cannot be given together"),
        (["a__b", "--score", "3"], "TEXT cannot be given with --score"),
        (["a__b", "--forward", "checkpoints/back"], "back reads from the end, and --forward needs"),
        (["a__b", "--backward", "nowhere"], "nowhere does not exist"),
        (["--score", "0"], "--score is 0: it must be 1 or more"),
        (["--score", "3", "--length", "0"], "--length is 0: it must be 1 or more"),
        (["--score", "3", "--seed", "-1"], "--seed is -1: it must be 0 or more"),
        (["a__b", "--corpus", "x.txt"], "--corpus means nothing without --score"),
    ],
)
def test_what_makes_no_sense_is_one_line(arguments: list[str], words: str) -> None:
    assert_one_line(fill(*arguments), words)


def test_a_side_of_a_gap_without_a_known_character_is_not_called_a_prompt() -> None:
    *_, problem = fill("漢__ sat.").stderr.splitlines()
    assert problem == "seqgen: the model knows no character of '漢': its training text has none of them"


def test_sample_prints_the_prompt_behind_what_it_writes() -> None:
    result = CliRunner().invoke(app, ["sample", "checkpoints/back", "--prompt", "mat.", "--length", "9", "--seed", "1"])
    assert len(result.stdout) == 13
    assert result.stdout.endswith("mat.")
    (item,) = json.loads(
        CliRunner()
        .invoke(app, ["sample", "checkpoints/back", "--prompt", "mat.", "--length", "9", "--seed", "1", "--json"])
        .stdout
    )
    assert item["text"] + "mat." == result.stdout


@pytest.mark.parametrize("option", ["--color", "--follow", "--beam=2", "--stop=x", "--ban=x", "--match=x"])
def test_sample_refuses_what_follows_a_text_from_its_beginning(option: str) -> None:
    result = CliRunner().invoke(app, ["sample", "checkpoints/back", option])
    assert_one_line(result, f"back reads and writes from the end of a text, and {option.partition('=')[0]} follows one")


def test_info_and_training_say_the_direction(tmp_path: Path) -> None:
    assert "each document from its end" in CliRunner().invoke(app, ["info", "checkpoints/back"]).stdout
    assert "from its end" not in CliRunner().invoke(app, ["info", "checkpoints/there"]).stdout
    text = tmp_path / "text.txt"
    text.write_text(READABLE[:3000], encoding="utf-8")
    options = ["--backward", "--steps", "2", "--width", "16", "--device", "cpu", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, ["train", str(text), *options])
    assert result.exit_code == 0, result.stderr
    assert "reading backward: each document from its end" in result.stderr
    assert "backward lstm 1x16 with" in result.stderr
    assert f"seqgen sample {tmp_path / 'run'} --prompt TEXT" in result.stderr
