"""What a program may give to training by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import ByteConfig, CharConfig
from seqgen.errors import ConfigError
from seqgen.training.keywords import training_request


@pytest.fixture(autouse=True)
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("story.txt").write_text("Mina sat by the river.\n", encoding="utf-8")
    Path("notes.csv").write_text("note,place\nMina sat,by the river\n", encoding="utf-8")


@pytest.mark.parametrize("given", ["*.md", ["*.md"], ("*.md",)])
def test_one_pattern_may_stand_without_a_list(given: object) -> None:
    assert training_request("story.txt", {"exclude": given}).corpus.exclude == ("*.md",)


def test_a_field_of_records_makes_each_record_a_document() -> None:
    corpus = training_request("notes.csv", {"field": "note"}).corpus
    assert (corpus.field, corpus.documents) == ("note", "record")
    with pytest.raises(ConfigError, match="with --field each record is a document"):
        training_request("notes.csv", {"field": "note", "documents": "line"})


def test_sources_and_targets_may_have_tokenizers_of_their_own() -> None:
    request = training_request("story.txt", {"tokenizer": "byte", "target_tokenizer": "char"})
    assert (request.tokenizer, request.target_tokenizer) == (ByteConfig(), CharConfig())


def test_a_tokenizer_may_be_a_configuration_or_left_to_trials() -> None:
    assert training_request("story.txt", {"tokenizer": CharConfig()}).tokenizer == CharConfig()
    assert training_request("story.txt", {"tokenizer": "auto"}).tokenizer is None


def test_a_tokenizer_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    for name in ("tokenizer", "target_tokenizer"):
        with pytest.raises(ConfigError, match=f"^{name} is 'words': it must be auto or one of char, "):
            training_request("story.txt", {name: "words"})
