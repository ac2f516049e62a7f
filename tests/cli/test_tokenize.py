"""`seqgen tokenize`: what a tokenizer makes of a text, and whether the text comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.config import TokenizerName
from tests import tiny
from tests.tiny import TEXT

MIXED = TEXT + "naïve  café\n\t漢字 हिन्दी “🙂”\u2581 \u00a0[bold]\n\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(MIXED.encode())
    return path


def tokenize(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["tokenize", *map(str, arguments)])


@pytest.mark.parametrize("tokenizer", tiny.LOSSLESS)
def test_check_exits_0_when_the_text_comes_back(tokenizer: TokenizerName, text: Path) -> None:
    result = tokenize(text, "--tokenizer", tokenizer, "--check")
    assert result.exit_code == 0
    assert "comes back unchanged" in result.stderr


def test_check_exits_1_where_the_tokenizer_loses_spacing(text: Path) -> None:
    options = ("--tokenizer", "whitespace", "--check")
    result = tokenize(text, *options)
    assert result.exit_code == 1
    assert "does not come back" in result.stderr
    text.write_bytes(b"the cat sat .\nthe cat .\n")
    assert tokenize(text, *options).exit_code == 0


@pytest.mark.parametrize("tokenizer", get_args(TokenizerName))
def test_json_counts_what_the_text_holds(tokenizer: TokenizerName, text: Path) -> None:
    facts = json.loads(tokenize(text, "--tokenizer", tokenizer, "--json").stdout)
    assert facts["tokenizer"] == tokenizer
    assert (facts["characters"], facts["bytes"]) == (len(MIXED), len(MIXED.encode()))
    assert facts["tokens_per_character"] == facts["tokens"] / facts["characters"]
    assert "".join(facts["first_tokens"]) == MIXED[: len("".join(facts["first_tokens"]))]
    assert len(facts["first_tokens"]) == 60


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ((), ["[", "b", "]", " ", "é", "é"]),
        (("--tokenizer", "byte"), ["[", "b", "]", " ", "<0xC3>", "<0xA9>", "<0xC3>", "<0xA9>"]),
        (("--tokenizer", "word"), ["[", "b", "]", " éé"]),
        (("--tokenizer", "whitespace"), ["[b]", " éé"]),
        (("--tokenizer", "word", "--word-split", "whitespace"), ["[b]", " éé"]),
        (("--tokenizer", "word", "--set", "word_split=whitespace"), ["[b]", " éé"]),
        (("--tokenizer", "word", "--word-split", "pattern"), ["[", "b", "]", " éé"]),
    ],
)
def test_tokens_are_shown_as_they_are(options: tuple[str, ...], tokens: list[str], text: Path) -> None:
    text.write_bytes("[b] éé\n[b] éé\n".encode())
    result = tokenize(text, *options, "--show", len(tokens))
    assert result.stdout.splitlines()[-1] == " ".join(map(repr, tokens))
    assert "tokens per character" in result.stdout


def test_a_vocabulary_has_the_requested_size(text: Path) -> None:
    for options in (("word",), ("sentencepiece",), ("sentencepiece", "--set", "sentencepiece_model=unigram")):
        result = tokenize(text, "--tokenizer", *options, "--vocab-size", 400, "--json")
        assert json.loads(result.stdout)["vocabulary"] == 400


def test_another_encoding_is_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    facts = json.loads(tokenize(tmp_path / "latin.txt", "--encoding", "latin-1", "--json").stdout)
    assert facts["first_tokens"] == ["c", "a", "f", "é"]
