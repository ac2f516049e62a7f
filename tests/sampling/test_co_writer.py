"""The co-writer: one answer for one text whatever it has read before, under every option of sampling."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from seqgen.config import TOKENIZER_CONFIGS, Budget, SamplingConfig, TokenizerName
from seqgen.corpus import reopen_part
from seqgen.corpus.line_ends import unify_line_ends
from seqgen.errors import ConfigError, RunError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import CoWriter
from seqgen.sampling.line_ends import LearnedLineEnds
from seqgen.tokenizers import MARK
from tests import tiny
from tests.sampling.texts import write

TEXT = "the cat sat on the mat and the café was shut.\n" * 40


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedModel]:
    """A model of every tokenizer, and one of documents."""
    folder = tmp_path_factory.mktemp("models")
    shape: dict[str, Any] = {"text": TEXT, "budget": Budget(steps=100)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        runs: dict[str, Path] = {
            name: tiny.trained(folder / name, tokenizer=config(), **shape) for name, config in TOKENIZER_CONFIGS.items()
        }
        runs["lines"] = tiny.trained(folder / "lines", documents="line", **shape)
    return {name: open_model(run) for name, run in runs.items()}


every_model = pytest.mark.parametrize("name", [*TOKENIZER_CONFIGS, "lines"])


def continuation(model: SavedModel, text: str, *, length: int = 40, **options: Any) -> str:
    return CoWriter(model).continue_text(text, SamplingConfig(**options), length=length)


@pytest.mark.parametrize("texts", [["", "M", "Mi", "Mina"], ["Mina sat", "Mina s", "Mona", ""], ["a" * 700, "a" * 300]])
def test_a_text_gets_the_same_answer_whatever_was_read_before(texts: list[str], run_folder: Path) -> None:
    model, config = open_model(run_folder), SamplingConfig(seed=3)
    co_writer = CoWriter(model)
    for text in texts:
        fresh = CoWriter(model)
        assert co_writer.odds(text, 5) == fresh.odds(text, 5)
        assert co_writer.continue_text(text, config, length=40) == fresh.continue_text(text, config, length=40)
        assert co_writer.odds(text, 5) == fresh.odds(text, 5)


@every_model
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0, "ban": ("at",)},
        {"top_k": 7, "top_p": 0.9, "min_p": 0.01, "typical": 0.9},
        {"repetition_penalty": 1.2, "presence_penalty": 0.3, "frequency_penalty": 0.1, "penalty_window": 9},
        {"match": " ?[a-z]+( [a-zé]{2,4}){2,5}"},
        {"no_copy": 8, "bias": {"e": 1.0}, "stop": ("was",)},
    ],
    ids=str,
)
def test_a_co_writer_continues_a_text_as_sampling_does(
    options: dict[str, Any], name: str, models: dict[str, SavedModel]
) -> None:
    model = models[name]
    options = {"temperature": 1.0, **options}
    co_writer = CoWriter(model)
    for seed in range(3):
        (text,) = write(model, "the cat ", length=40, seed=seed, until_end_of_text=model.has_documents, **options)
        assert co_writer.continue_text("the cat ", SamplingConfig(seed=seed, **options), length=40) == text.text


@pytest.mark.parametrize("name", ["char", "byte", "word", "sentencepiece", "lines"])
def test_a_co_writer_honours_bans_also_where_the_user_has_begun_a_phrase(
    name: str, models: dict[str, SavedModel]
) -> None:
    for seed in range(5):
        text = continuation(models[name], "the c", temperature=1.0, seed=seed, ban=("at", " ", "é"))
        assert not any(phrase in text for phrase in ("at", " ", "é"))


@every_model
def test_what_a_co_writer_adds_matches_as_a_whole(name: str, models: dict[str, SavedModel]) -> None:
    pattern = " ?[a-z]{2,3} [a-zé]+"
    for seed in range(5):
        text = continuation(models[name], "the cat ", length=15, temperature=1.0, seed=seed, match=pattern)
        assert re.fullmatch(pattern, text)
        assert len(text) <= 15


@every_model
def test_a_co_writer_copies_nothing(name: str, models: dict[str, SavedModel]) -> None:
    model, prompt = models[name], "the cat "
    training = "".join(reopen_part(model.record.corpus, "train").chunks()).replace(MARK, model.tokenizer.separator)
    for seed in range(5):
        whole = prompt + continuation(model, prompt, temperature=0.5, seed=seed, no_copy=9)
        starts = range(len(whole) - 8)
        assert not any(whole[start : start + 9] in training for start in starts)


def test_constraints_are_built_again_only_when_they_change(
    models: dict[str, SavedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    co_writer = CoWriter(models["char"])
    config = SamplingConfig(match="[a-z ]+")
    co_writer.continue_text("the ", config, length=5)
    monkeypatch.setattr("seqgen.sampling.constraints.expression.build_automaton", None)
    co_writer.continue_text("the cat", SamplingConfig(match="[a-z ]+", temperature=0.1, seed=4), length=9)
    with pytest.raises(TypeError):
        co_writer.continue_text("the cat", SamplingConfig(match="[a-z]+"), length=9)


def test_options_that_leave_nothing_are_refused(models: dict[str, SavedModel]) -> None:
    with pytest.raises(ConfigError, match="the shortest text that --match allows has 50 characters"):
        continuation(models["char"], "the", match="a{50}")
    with pytest.raises(RunError, match="no text can begin here"):
        continuation(models["char"], "the", ban=tuple(sorted(set(TEXT))))


def test_a_co_writer_adds_nothing_to_a_text_that_already_matches_in_full(models: dict[str, SavedModel]) -> None:
    assert continuation(models["char"], "the", match="") == ""


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
@pytest.mark.parametrize("name", ["char", "byte"])
def test_a_model_of_other_line_ends_reads_them_and_is_shown_with_newlines(
    name: TokenizerName, line_end: str, tmp_path: Path
) -> None:
    text = TEXT.replace("\n", line_end)
    model = open_model(tiny.trained(tmp_path / "run", text=text, line_ends="keep", tokenizer=TOKENIZER_CONFIGS[name]()))
    (sampled,) = write(model, "shut." + line_end + "the", length=900, temperature=1.0, seed=1)
    assert "\r" in sampled.text
    assert continuation(model, "shut.\nthe", length=900, temperature=1.0, seed=1) == unify_line_ends(sampled.text)
    assert LearnedLineEnds(model).fit(SamplingConfig(stop=("\n\n",))).stop == (line_end * 2,)


def test_a_vocabulary_tells_the_line_end_if_the_training_text_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: dict[str, str] = {}
    for line_end in ("\n", "\r\n", "\r"):
        folder = tiny.trained(tmp_path / f"run{len(ends)}", text=TEXT.replace("\n", line_end), line_ends="keep")
        monkeypatch.setattr("seqgen.sampling.line_ends.find_text", lambda sha256: None)
        ends[line_end] = LearnedLineEnds(open_model(folder)).learned
    assert list(ends) == list(ends.values())


def test_a_long_text_is_answered_by_its_end(run_folder: Path) -> None:
    """Only the last 4,096 to 8,192 characters are read."""
    model = open_model(run_folder)
    text = (tiny.TEXT * 3)[:12_288]
    assert continuation(model, text) == continuation(model, text[8192:])
    assert continuation(model, "x" * 4096 + text) == continuation(model, text[8192 - 4096 :])
