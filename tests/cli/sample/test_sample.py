"""`seqgen sample`: the length it is given, the same text for the same seed, and what it says beside the text."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.cli.shared.tokens import shown_token
from seqgen.config import ByteConfig, TokenizerName
from seqgen.run import MODEL_FILE, amend_model, open_model
from tests import tiny
from tests.cli.sample.commands import TEXT, every_tokenizer, objects_of, sample, text_of


@every_tokenizer
@pytest.mark.parametrize("length", [0, 1, 7, 300])
def test_length_is_characters_after_the_prompt_exactly(
    tokenizer: TokenizerName, length: int, runs: dict[TokenizerName, Path]
) -> None:
    run = runs[tokenizer]
    assert len(text_of(run, "--length", length)) == length
    prompted = text_of(run, "--length", length, "--prompt", "The Ünï")
    assert prompted.startswith("The Ünï")
    assert len(prompted) == len("The Ünï") + length
    assert [len(item["text"]) for item in objects_of(run, "--length", length, "--count", 2)] == [length, length]


def test_length_is_a_thousand_if_left_out(run_folder: Path) -> None:
    assert len(text_of(run_folder)) == 1000


@every_tokenizer
def test_the_same_seed_writes_the_same_bytes_and_another_seed_another_text(
    tokenizer: TokenizerName, runs: dict[TokenizerName, Path]
) -> None:
    text, same, different = (text_of(runs[tokenizer], "--length", 200, "--seed", seed) for seed in (3, 3, 4))
    assert text == same != different


def test_without_a_seed_every_call_writes_another_text_and_says_how_to_write_it_again(run_folder: Path) -> None:
    first, second = (sample(run_folder, "--length", 100) for _ in range(2))
    assert first.stdout != second.stdout
    for result in (first, second):
        found = re.fullmatch(r"seed (\d+); the same again with --seed (\d+)", result.stderr.splitlines()[-1])
        assert found is not None
        assert found[1] == found[2]
        assert text_of(run_folder, "--length", 100, "--seed", found[1]) == result.stdout


def test_json_holds_the_seed_that_was_drawn(run_folder: Path) -> None:
    result = sample(run_folder, "--length", 9, "--temp", 0.5, "--temp", 1, "--json")
    (seed,) = {item["options"]["seed"] for item in json.loads(result.stdout)}
    assert result.stderr.splitlines()[-1] == f"seed {seed}; the same again with --seed {seed}"


@pytest.mark.parametrize("options", [["--seed", 3], ["--temp", 0], ["--odds"], ["--beam", 2, "--length", 5]], ids=str)
def test_no_seed_is_named_where_none_was_drawn_or_needed(options: list[object], run_folder: Path) -> None:
    assert "seed" not in sample(run_folder, *options).stderr


@every_tokenizer
def test_temperature_0_writes_the_same_whatever_the_seed(
    tokenizer: TokenizerName, runs: dict[TokenizerName, Path]
) -> None:
    texts = {text_of(runs[tokenizer], "--length", 100, "--temp", 0, "--seed", seed) for seed in (0, 1)}
    assert len(texts) == 1
    assert texts == {text_of(runs[tokenizer], "--length", 100, "--top-k", 1, "--seed", 5)}


def test_brackets_are_text_and_not_markup(runs: dict[TokenizerName, Path]) -> None:
    (made,) = objects_of(runs["char"], "--prompt", "[bold]", "--temp", 1.5)
    assert "[" in made["text"]
    assert text_of(runs["char"], "--prompt", "[bold]", "--temp", 1.5) == "[bold]" + made["text"]


def test_several_texts_differ_and_the_first_is_that_of_a_single_one(run_folder: Path) -> None:
    several = [item["text"] for item in objects_of(run_folder, "--count", 3, "--length", 80)]
    assert len(set(several)) == 3
    assert text_of(run_folder, "--length", 80) == several[0]
    assert text_of(run_folder, "--length", 80, "--count", 3) == "\n\n".join(several)


def test_json_says_what_made_each_text(run_folder: Path) -> None:
    objects = objects_of(run_folder, "--count", 2, "--length", 9, "--prompt", "Mina", "--seed", 8, "--ban", "q")
    common = {"run": str(run_folder / MODEL_FILE), "model_sha256": open_model(run_folder).sha256}
    for number, item in enumerate(objects):
        assert item.items() >= {**common, "prompt": "Mina", "sample": number, "count": 2, "length": 9}.items()
        assert item["options"].items() >= {"seed": 8, "ban": ["q"], "temperature": 0.8}.items()
        assert (item["ending"], len(item["text"])) == ("length", 9)
        assert item["nats_per_character"] > 0


def test_a_device_that_is_not_there_is_refused_and_auto_takes_what_is(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    refused = sample(run_folder, "--device", "cuda")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1] == "seqgen: --device cuda: this machine has no such device; it has cpu"
    options = ("--length", 50, "--count", 40)
    found, expected = objects_of(run_folder, "--device", "auto", *options), objects_of(run_folder, *options)
    assert found == expected
    assert found[0]["device"] == "cpu"


def test_texts_at_several_temperatures_are_shown_side_by_side(run_folder: Path) -> None:
    table = text_of(run_folder, "--temp", 0.2, "--temp", 1.5, "--length", 30, "--prompt", "Mina")
    assert re.search(r"temperature 0\.2 +temperature 1\.5", table.splitlines()[0])
    assert table.count("Mina") >= 2
    alone = text_of(run_folder, "--temp", 1.5, "--length", 30, "--prompt", "Mina")
    by_json = objects_of(run_folder, "--temp", 0.2, "--temp", 1.5, "--length", 30, "--prompt", "Mina")
    assert ["Mina" + item["text"] for item in by_json][1] == alone


def test_beam_search_always_writes_the_same_text(run_folder: Path) -> None:
    text, again = (text_of(run_folder, "--beam", 3, "--length", 40, "--prompt", "Mina") for _ in range(2))
    assert text == again
    assert text.startswith("Mina") and len(text) == 44


@pytest.mark.parametrize(
    ("options", "pattern"),
    [(["--match", "( [a-z]{3}){4}"], "( [a-z]{3}){4}"), (["--ban", "e", "--length", 40], "[^e]{40}")],
)
def test_beam_search_obeys_constraints(run_folder: Path, options: list[object], pattern: str) -> None:
    assert re.fullmatch(pattern, text_of(run_folder, "--beam", 3, *options))


def test_colours_change_nothing_in_a_pipe_and_say_so(run_folder: Path) -> None:
    result = sample(run_folder, "--color", "--length", 50, "--seed", 0)
    assert result.stdout == text_of(run_folder, "--length", 50)
    assert "no colours" in result.stderr


def test_constraints_are_obeyed(runs: dict[TokenizerName, Path]) -> None:
    text = text_of(runs["char"], "--match", "[A-Z][a-z]{3,8}[.]", "--length", 30)
    assert re.fullmatch("[A-Z][a-z]{3,8}[.]", text)
    text = text_of(runs["char"], "--no-copy", 8, "--length", 300)
    assert not any(text[start : start + 8] in TEXT for start in range(293))


def test_a_backslash_and_n_are_a_line_end_in_every_text_option(runs: dict[TokenizerName, Path]) -> None:
    run = runs["char"]
    assert text_of(run, "--prompt", r"Mina\nsat", "--length", 0) == "Mina\nsat"
    assert "\n" not in text_of(run, "--stop", r"\n", "--temp", 1.5, "--length", 300)
    (item,) = objects_of(run, "--length", 1, "--stop", r"\n", "--ban", r"a\tb", "--bias", r"\n=-2")
    assert item["options"].items() >= {"stop": ["\n"], "ban": ["a\tb"], "bias": {"\n": -2.0}}.items()


def test_odds_are_shown_instead_of_a_text(run_folder: Path) -> None:
    table = text_of(run_folder, "--odds", "--prompt", "Min")
    rows = objects_of(run_folder, "--odds", "--prompt", "Min")
    assert sum(row["probability"] for row in rows) == pytest.approx(1)
    assert table.splitlines()[2].split()[0] == shown_token(rows[0]["text"])
    assert "others: " in table.splitlines()[-1]


def test_odds_show_blanks_and_bytes_as_a_person_reads_them(tmp_path: Path) -> None:
    table = text_of(tiny.trained(tmp_path / "run", tokenizer=ByteConfig()), "--odds")
    shown = [line[: line.rindex("0.")].strip() for line in table.splitlines()[2:-1]]
    assert all(re.fullmatch(r"\S|byte [0-9A-F]{2}|end of text|\\x..", token) for token in shown)


def test_an_invalid_byte_shows_as_a_replacement_and_is_counted(runs: dict[TokenizerName, Path]) -> None:
    """A byte model after three steps of training rarely writes valid UTF-8."""
    result = sample(runs["byte"], "--temp", 5, "--length", 400)
    found = re.search(r"^shown as U\+FFFD: (\d+) byte sequences not in UTF-8", result.stderr, re.M)
    assert found
    assert int(found[1]) == result.stdout.count("\ufffd") > 0


def test_it_says_which_model_it_uses(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(run_folder, tmp_path / "checkpoints" / "newest")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["sample", "--length", "9", "--seed", "0"])
    assert result.stderr == f"model: {Path('checkpoints', 'newest', MODEL_FILE)} (lstm, char)\n"
    assert result.stdout == text_of(run_folder, "--length", 9)


@pytest.fixture
def tempered(run_folder: Path, tmp_path: Path) -> Path:
    """A model that has learned that it writes best at 0.3."""
    path = tmp_path / MODEL_FILE
    shutil.copy(run_folder / MODEL_FILE, path)
    amend_model(path, temperature=0.3)
    return path


def test_without_temp_a_model_writes_at_the_temperature_that_it_has_learned(tempered: Path) -> None:
    assert text_of(tempered, "--length", 60) == text_of(tempered, "--length", 60, "--temp", 0.3)
    (item,) = objects_of(tempered, "--length", 5)
    assert item["options"]["temperature"] == 0.3
    assert "temperature 0.3, at which this model writes best; --temp sets another" in sample(tempered).stderr


def test_temp_overrides_what_a_model_has_learned_and_nothing_is_said(tempered: Path, run_folder: Path) -> None:
    result = sample(tempered, "--length", 60, "--temp", 0.8, "--seed", 0)
    assert result.stdout == text_of(run_folder, "--length", 60)
    assert "temperature" not in result.stderr


def test_without_a_learned_temperature_nothing_is_said(run_folder: Path) -> None:
    assert "temperature" not in sample(run_folder, "--length", 5).stderr


@pytest.mark.parametrize("options", [["--odds"], ["--beam", 2, "--length", 5]])
def test_what_no_temperature_changes_does_not_speak_of_one(options: list[object], tempered: Path) -> None:
    assert "at which this model writes best" not in sample(tempered, *options).stderr
