"""The bases: whole, small, free of traces of the machine that made them; named like runs, and told apart from them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import seqgen
from seqgen.bases import BASES
from seqgen.cli import app
from seqgen.cli.shared.picture_files import picture_path
from seqgen.config import ByteConfig, CorpusConfig
from seqgen.container import read_container
from seqgen.errors import RunError
from seqgen.run import MODEL_FILE, open_model, save_model
from seqgen.training import TrainingRequest
from seqgen.training.open_run import create_run
from tests import tiny

MOST_BYTES = 6 * 1024 * 1024

every_base = pytest.mark.parametrize("name", BASES)


@pytest.fixture(scope="session")
def base_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model in half precision, with a record such as a base has."""
    folder = tmp_path_factory.mktemp("base")
    saved = open_model(tiny.trained(folder / "run", tokenizer=ByteConfig()))
    corpus = dataclasses.replace(saved.record.corpus, config=CorpusConfig(paths=()))
    record = dataclasses.replace(saved.record, corpus=corpus, texts="two tales", titles=("A: B", "C: D"))
    halves = {name: array.astype(np.float16) for name, array in saved.weights.items()}
    save_model(folder, record, tokenizer=saved.tokenizer, weights=halves)
    return folder / MODEL_FILE


@pytest.fixture
def base(base_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a base, in a folder that has nothing of that name."""
    path = tmp_path / "tales.safetensors"
    path.write_bytes(base_file.read_bytes())
    monkeypatch.setitem(BASES, "tales", path)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("story.txt").write_text(tiny.TEXT, encoding="utf-8")
    return "tales"


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.stderr
    return result


@every_base
def test_a_base_is_small_and_stores_every_weight_in_half_precision(name: str) -> None:
    assert BASES[name].stat().st_size <= MOST_BYTES
    tensors = read_container(BASES[name], "model").tensors
    assert {array.dtype for array in tensors.values()} == {np.dtype(np.float16)}


@every_base
def test_a_base_names_what_it_learned_from_and_no_file(name: str) -> None:
    record = open_model(name).record
    assert record.texts is not None
    assert record.texts.startswith(f"{len(record.titles)} ")
    assert record.corpus.config.paths == record.corpus.config.valid_paths == ()
    assert not [value for value in record.titles + record.notes if "/" in value]


@every_base
def test_a_base_has_learned_its_temperature_and_its_card_says_so(name: str) -> None:
    card = BASES[name].with_suffix(".md").read_text(encoding="utf-8")
    assert f"at temperature {open_model(name).record.temperature}" in card


@every_base
def test_a_base_has_a_card_with_its_titles(name: str) -> None:
    card = " ".join(BASES[name].with_suffix(".md").read_text(encoding="utf-8").split())
    assert all(title.partition(": ")[2] in card for title in open_model(name).record.titles)
    assert f"{open_model(name).n_parameters:,} parameters" in card


def test_half_precision_becomes_float32_and_the_hash_is_that_of_the_file(base_file: Path) -> None:
    stored, saved = read_container(base_file, "model"), open_model(base_file)
    assert saved.sha256 == stored.sha256
    for name, array in saved.weights.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, stored.tensors[f"model.{name}"])


def test_a_changed_weight_in_half_precision_is_noticed(base_file: Path, tmp_path: Path) -> None:
    data = bytearray(base_file.read_bytes())
    data[-1] ^= 1
    (tmp_path / "changed.safetensors").write_bytes(data)
    with pytest.raises(RunError, match="does not match its hash"):
        open_model(tmp_path / "changed.safetensors")


def test_a_model_is_found_by_the_name_of_a_base(base: str) -> None:
    assert seqgen.load(base).name == base
    assert len(seqgen.load(base).write("Mina ", length=10)) == 10
    assert run("sample", base, "--length", 5).stdout


def test_a_path_comes_before_the_base_of_that_name(base: str, run_folder: Path) -> None:
    Path(base).symlink_to(run_folder)
    assert open_model(base).sha256 == open_model(run_folder).sha256


def test_an_unknown_name_lists_the_bases(base: str) -> None:
    with pytest.raises(RunError, match=r"^novels does not exist: give .* or a base \(.*english.*tales.*\)$"):
        open_model("novels")
    with pytest.raises(RunError, match=r"^engilsh does not exist; did you mean english\?$"):
        open_model("engilsh")


def test_models_lists_the_bases_in_80_columns(base: str) -> None:
    lines = run("models").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == list(BASES)
    assert "two tales" in lines[-1]
    assert max(len(line.rstrip()) for line in lines) <= 80


def test_a_run_begun_from_a_base_says_so(base: str) -> None:
    begun = run("train", "story.txt", "--from", base, "--steps", 2, "--device", "cpu", "--out", "child")
    assert "begun from tales, which learned from two tales" in begun.stderr.splitlines()
    assert "  begun from  tales, which learned from two tales" in run("info", "child").stdout
    assert json.loads(run("info", "child", "--json").stdout)["parent"] == open_model(base).sha256
    run("report", "child", "--out", "page.html")
    assert "<dt>begun from</dt><dd>tales, which learned from two tales</dd>" in Path("page.html").read_text("utf-8")


def test_a_run_begun_from_a_run_names_the_base_behind_it(base: str) -> None:
    for parent, child in ((base, "first"), ("first", "second")):
        corpus = CorpusConfig(paths=("story.txt",))
        request = TrainingRequest(corpus=corpus, parent=open_model(parent), folder=Path(child), device="cpu")
        opened = create_run(dataclasses.replace(request, settings={"precision": "float32"}))
        assert opened.lock is not None
        opened.lock.release()
    assert opened.record.begun_from == (
        "first, which learned from story.txt and was itself begun from tales, which learned from two tales"
    )
    assert opened.record == open_model("second").record


def test_a_model_that_came_without_its_text_asks_for_one(base: str, own_cache: Path) -> None:
    result = CliRunner().invoke(app, ["eval", base])
    assert result.exit_code == 1
    assert "the model came without its text: give a text with --on FILE" in result.stderr
    assert run("eval", base, "--on", "story.txt").stdout


@pytest.mark.parametrize(
    "command", ["sample --length 5", "sample --odds", "eval --on story.txt", "eval --by line --on story.txt", "info"]
)
def test_commands_name_a_base_and_not_its_file(command: str, base: str) -> None:
    name, *options = command.split()
    result = CliRunner().invoke(app, [name, base, *options])
    assert result.exit_code == 0, result.output
    assert "tales" in result.output
    assert "tales.safetensors" not in result.output


def test_a_sample_of_a_base_is_written_again_on_any_machine(base: str) -> None:
    made = CliRunner().invoke(app, ["sample", base, "--length", "9", "--json"]).stdout
    assert json.loads(made)[0]["run"] == base
    Path("made.json").write_text(made, encoding="utf-8")
    again = CliRunner().invoke(app, ["sample", "--replay", "made.json"])
    assert (again.exit_code, again.stderr.splitlines()[0]) == (0, f"model: {base} (lstm, byte)")


def test_pictures_of_a_base_go_into_the_current_folder(base: str, run_folder: Path) -> None:
    assert picture_path(open_model(base), "novelty.png") == Path("tales-novelty.png")
    assert picture_path(open_model(run_folder), "novelty.png") == run_folder / "novelty.png"
