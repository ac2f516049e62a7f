"""`seqgen sample`: exactly so many characters, the same for the same seed, plain, and as they are made."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.config import TokenizerName
from seqgen.run import MODEL_FILE, open_model
from tests import tiny

TEXT = "[bold]Ünï[/bold] [red]\n" * 20 + tiny.TEXT


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[TokenizerName, Path]:
    """A run of every tokenizer that is lossless."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return {
            name: tiny.trained(folder / name, text=TEXT, tokenizer=config) for name, config in tiny.LOSSLESS.items()
        }


def sample(run: Path, *arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["sample", str(run), *map(str, arguments)], input=stdin)


def text_of(run: Path, *arguments: object) -> str:
    result = sample(run, *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def objects_of(run: Path, *arguments: object) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = json.loads(text_of(run, *arguments, "--json"))
    return objects


every_tokenizer = pytest.mark.parametrize("tokenizer", tiny.LOSSLESS)


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
    one, same, other = (text_of(runs[tokenizer], "--length", 200, "--seed", seed) for seed in (3, 3, 4))
    assert one == same != other


def test_no_seed_is_seed_0(run_folder: Path) -> None:
    assert text_of(run_folder, "--length", 100) == text_of(run_folder, "--length", 100, "--seed", 0)


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


OPTIONS = [
    ["--count", 3],
    ["--best-of", 3, "--count", 2],
    ["--temp", 0.3, "--temp", 1.2],
    ["--stop", "e", "--ban", "th", "--bias", "z=3", "--top-k", 9, "--presence-penalty", 0.5],
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_sample_is_written_again_from_its_json(options: list[object], run_folder: Path, tmp_path: Path) -> None:
    made = sample(run_folder, "--length", 60, "--prompt", "Mina", "--seed", 5, *options, "--json").stdout
    (tmp_path / "made.json").write_text(made, encoding="utf-8")
    texts = [item["text"] for item in json.loads(made)]
    again = json.loads(sample(run_folder, "--replay", tmp_path / "made.json", "--json").stdout)
    assert [item["text"] for item in again] == texts
    (tmp_path / "one.json").write_text(json.dumps(json.loads(made)[-1]), encoding="utf-8")
    assert sample(run_folder, "--replay", tmp_path / "one.json").stdout == "Mina" + texts[-1]


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


def test_a_sample_of_another_model_is_not_written_again(runs: dict[TokenizerName, Path], tmp_path: Path) -> None:
    (tmp_path / "made.json").write_text(sample(runs["char"], "--length", 5, "--json").stdout, encoding="utf-8")
    result = sample(runs["byte"], "--replay", tmp_path / "made.json")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("seqgen: the sample was made by the model ")


def test_a_sample_that_another_version_drew_is_refused_in_words(run_folder: Path, tmp_path: Path) -> None:
    """It would be another text."""
    for change in ({"scheme": 1}, {"scheme": None}):
        made = [{**item, **change} for item in objects_of(run_folder, "--length", 5)]
        (tmp_path / "made.json").write_text(json.dumps(made), encoding="utf-8")
        result = sample(run_folder, "--replay", tmp_path / "made.json")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "this one samples in another way: it cannot be made again" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"run": "x"}', '[{"options": {"heat": 1}}]'])
def test_what_is_no_sample_is_not_written_again(content: str, run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "made.json").write_text(content, encoding="utf-8")
    result = sample(run_folder, "--replay", tmp_path / "made.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is not what `seqgen sample --json` writes" in result.stderr.splitlines()[-1]
    assert "cannot be read" in sample(run_folder, "--replay", tmp_path / "none.json").stderr


def test_several_temperatures_stand_side_by_side(run_folder: Path) -> None:
    table = text_of(run_folder, "--temp", 0.2, "--temp", 1.5, "--length", 30, "--prompt", "Mina")
    assert re.search(r"temperature 0\.2 +temperature 1\.5", table.splitlines()[0])
    assert table.count("Mina") >= 2
    alone = text_of(run_folder, "--temp", 1.5, "--length", 30, "--prompt", "Mina")
    by_json = objects_of(run_folder, "--temp", 0.2, "--temp", 1.5, "--length", 30, "--prompt", "Mina")
    assert ["Mina" + item["text"] for item in by_json][1] == alone


def test_a_beam_writes_the_same_whatever_chance_says(run_folder: Path) -> None:
    one, again = (text_of(run_folder, "--beam", 3, "--length", 40, "--prompt", "Mina") for _ in range(2))
    assert one == again
    assert one.startswith("Mina") and len(one) == 44


@pytest.mark.parametrize(
    ("options", "pattern"),
    [(["--match", "( [a-z]{3}){4}"], "( [a-z]{3}){4}"), (["--ban", "e", "--length", 40], "[^e]{40}")],
)
def test_a_beam_obeys_constraints(run_folder: Path, options: list[object], pattern: str) -> None:
    assert re.fullmatch(pattern, text_of(run_folder, "--beam", 3, *options))


def test_colours_change_nothing_in_a_pipe_and_say_so(run_folder: Path) -> None:
    result = sample(run_folder, "--color", "--length", 50)
    assert result.stdout == text_of(run_folder, "--length", 50)
    assert "no colours" in result.stderr


def test_what_is_forbidden_and_what_must_match_is_seen_to(runs: dict[TokenizerName, Path]) -> None:
    text = text_of(runs["char"], "--match", "[A-Z][a-z]{3,8}[.]", "--length", 30)
    assert re.fullmatch("[A-Z][a-z]{3,8}[.]", text)
    text = text_of(runs["char"], "--no-copy", 8, "--length", 300)
    assert not any(text[start : start + 8] in TEXT for start in range(293))


def test_odds_are_shown_instead_of_a_text(run_folder: Path) -> None:
    table = text_of(run_folder, "--odds", "--prompt", "Min")
    rows = objects_of(run_folder, "--odds", "--prompt", "Min")
    assert sum(row["probability"] for row in rows) == pytest.approx(1)
    assert repr(rows[0]["text"]) in table.splitlines()[2]
    assert "others: " in table.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--count", 0], "--count is 0: it must be 1 or more"),
        (["--best-of", 0], "--best-of is 0: it must be 1 or more"),
        (["--follow", "--length", 5], "--follow does not go with --length"),
        (["--follow", "--temp", 1, "--temp", 2], "--follow does not go with several --temp"),
        (["--beam", 0], "--beam is 0: it must be 1 or more"),
        (["--beam", 2, "--temp", 1], "--beam does not go with --temp"),
        (["--no-copy", 3], "no_copy is 3: it must be 8 or more"),
        (["--beam", 2, "--json"], "--beam does not go with --json"),
        (["--color", "--best-of", 2], "--color does not go with --best-of"),
        (["--odds", "--temp", 1], "--odds does not go with --temp"),
        (["--replay", "x", "--seed", 1], "--replay does not go with --seed"),
        (["--bias", "e"], "the bias 'e' has no number: write it as TEXT=NUMBER"),
        (["--bias", "e=x"], "the bias 'e=x' has no number: write it as TEXT=NUMBER"),
        (["--bias", "e=inf"], "bias is {'e': inf}: it must be of finite numbers"),
        (["--stop", ""], "stop is ('',): it must be of one character or more each"),
        (["--min-p", 0], "min_p is 0.0: it must be above 0 and at most 1"),
        (["--typical", 2], "typical is 2.0: it must be above 0 and at most 1"),
        (["--repetition-penalty", 0], "repetition_penalty is 0.0: it must be above 0"),
        (
            ["--until-boundary"],
            "the model was trained on one text: --until-end-of-text needs a model trained with --documents",
        ),
    ],
    ids=str,
)
def test_options_that_cannot_be_or_contradict_each_other_are_one_line(
    options: list[object], line: str, run_folder: Path
) -> None:
    result = sample(run_folder, *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == f"seqgen: {line}"


@pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise elsewhere")
def test_a_text_without_end_goes_on_until_the_reader_leaves(run_folder: Path) -> None:
    command = [sys.executable, "-m", "seqgen", "sample", str(run_folder), "--follow", "--seed", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        start = process.stdout.read(3000).decode()
        process.stdout.close()
        notes = process.stderr.read().decode()
    assert start == text_of(run_folder, "--length", 3000, "--seed", 2)
    assert "Traceback" not in notes


def test_an_invalid_byte_shows_as_a_replacement_and_is_counted(runs: dict[TokenizerName, Path]) -> None:
    """A model of bytes that has hardly learned writes few that belong together."""
    result = sample(runs["byte"], "--temp", 5, "--length", 400)
    found = re.search(r"^(\d+) byte sequences were not UTF-8", result.stderr, re.M)
    assert found
    assert int(found[1]) == result.stdout.count("\ufffd") > 0


@pytest.mark.parametrize(
    ("prompt", "read", "note"),
    [
        ("Mina café", "Mina cafe", "'é': read as 'e'"),
        ("Mina cafe\u0301", "Mina cafe", "the model does not know"),
        ("“Mina”", '"Mina"', "'“': read as '\"'"),
        ("\uff2dina", "Mina", "read as 'M'"),
        ("Mi漢na", "Mina", "'漢': skipped"),
        ("Mina 🙂", "Mina ", "skipped"),
    ],
)
def test_what_the_alphabet_lacks_is_read_as_its_nearest_form_or_skipped_with_a_note(
    prompt: str, read: str, note: str, run_folder: Path
) -> None:
    result = sample(run_folder, "--prompt", prompt, "--length", 5)
    assert result.exit_code == 0
    assert result.stdout.startswith(read)
    assert len(result.stdout) == len(read) + 5
    assert any(line.startswith("prompt: ") and note in line for line in result.stderr.splitlines())


def test_a_prompt_of_known_characters_gets_no_note(runs: dict[TokenizerName, Path]) -> None:
    for run in runs.values():
        result = sample(run, "--prompt", "The Ünï [red]\n", "--length", 5)
        assert result.stdout.startswith("The Ünï [red]\n")
        assert "prompt" not in result.stderr


@pytest.mark.parametrize("tokenizer", ["byte", "sentencepiece"])
def test_bytes_cover_every_prompt(tokenizer: TokenizerName, runs: dict[TokenizerName, Path]) -> None:
    result = sample(runs[tokenizer], "--prompt", "漢字🙂\u2581", "--length", 3)
    assert result.stdout.startswith("漢字🙂\u2581")
    assert "prompt" not in result.stderr


@pytest.mark.parametrize("tokenizer", ["char", "word"])
def test_a_prompt_of_unknown_characters_alone_ends_with_one_line(
    tokenizer: TokenizerName, runs: dict[TokenizerName, Path]
) -> None:
    result = sample(runs[tokenizer], "--prompt", "漢字")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("seqgen: the model knows no character of the prompt '漢字'")


def test_a_prompt_may_come_from_a_file_or_from_standard_input(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_bytes(b"Mina sat\n")
    expected = text_of(run_folder, "--prompt", "Mina sat\n", "--length", 9)
    assert text_of(run_folder, "--prompt-file", tmp_path / "prompt.txt", "--length", 9) == expected
    assert sample(run_folder, "--prompt-file", "-", "--length", 9, stdin=b"Mina sat\n").stdout == expected


def test_it_says_which_model_it_uses(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(run_folder, tmp_path / "checkpoints" / "newest")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["sample", "--length", "9"])
    assert result.stderr == f"model: {Path('checkpoints', 'newest', MODEL_FILE)} (lstm, char)\n"
    assert result.stdout == text_of(run_folder, "--length", 9)


def test_a_process_writes_utf8_whatever_its_surroundings(runs: dict[TokenizerName, Path]) -> None:
    command = [sys.executable, "-m", "seqgen", "sample", str(runs["char"]), "--prompt", "Ünï [red]", "--length", "50"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert result.stdout.decode() == text_of(runs["char"], "--prompt", "Ünï [red]", "--length", 50)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent otherwise elsewhere")
def test_text_appears_as_it_is_made_and_ctrl_c_ends_it_quietly(run_folder: Path) -> None:
    command = [sys.executable, "-m", "seqgen", "sample", str(run_folder), "--length", "100000000"]

    def hear_sigint() -> None:  # which a suite in the background ignores, and its children with it
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=hear_sigint) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        start = process.stdout.read(100).decode()
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        notes = process.stderr.read().decode()
    assert start == text_of(run_folder, "--length", 100)
    assert process.returncode == 130
    assert "Traceback" not in notes


@pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise elsewhere")
def test_a_reader_that_leaves_ends_it_quietly(run_folder: Path) -> None:
    command = [sys.executable, "-m", "seqgen", "sample", str(run_folder), "--length", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        notes = process.stderr.read().decode()
    assert "Traceback" not in notes
