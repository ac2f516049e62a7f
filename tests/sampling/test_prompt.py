"""Prompts in the nearest form that a vocabulary covers."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import ByteConfig, CharConfig, SentencePieceConfig, TokenizerConfig, WordConfig
from seqgen.errors import TokenizerError
from seqgen.run import open_model
from seqgen.sampling import fit_prompt
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny


@pytest.mark.parametrize(
    ("prompt", "read_as", "words"),
    [
        ("Mina", "Mina", []),
        ("“Mina”", '"Mina"', ["'“'", "'”'"]),
        ("Míná", "Mina", ["'í'", "'á'"]),
        ("Ｍｉｎａ", "Mina", ["'Ｍ'"]),
        ("Mina 🙂", "Mina ", ["'🙂'", "skipped"]),
        ("Mi\udc80na", "Mina", ["byte 0x80"]),
    ],
)
def test_a_prompt_is_read_in_the_nearest_known_form_and_notes_say_so(
    prompt: str, read_as: str, words: list[str], run_folder: Path
) -> None:
    tokenizer = open_model(run_folder).tokenizer
    fitted = fit_prompt(prompt, tokenizer)
    assert fitted.text == read_as
    assert tokenizer.decode(fitted.ids) == read_as
    assert all(any(word in note for note in fitted.notes) for word in words)
    assert bool(fitted.notes) == bool(words)


@pytest.mark.parametrize(("prompt", "shown"), [("\udcff", r"'\xff'"), ("漢\udce9", r"'漢\xe9'")])
def test_a_prompt_of_which_nothing_is_known_is_refused_and_its_bytes_are_shown_as_bytes(
    prompt: str, shown: str, run_folder: Path
) -> None:
    model = open_model(run_folder)
    with pytest.raises(TokenizerError) as raised:
        fit_prompt(prompt, model.tokenizer)
    assert str(raised.value).startswith(f"the model knows no character of {shown}: ")


@pytest.mark.parametrize("tokenizer", [ByteConfig(), SentencePieceConfig()], ids=lambda config: config.name)
def test_tokenizers_that_cover_everything_read_any_prompt_as_it_is(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer))
    fitted = fit_prompt("Ζωή 🙂 “ß”", saved.tokenizer)
    assert (fitted.text, fitted.notes) == ("Ζωή 🙂 “ß”", ())


@pytest.mark.parametrize("tokenizer", [CharConfig(), WordConfig()], ids=lambda config: config.name)
def test_a_separator_in_a_prompt_is_the_end_of_text_token(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", tokenizer=tokenizer, documents="line"))
    ids = fit_prompt("Mina\n", saved.tokenizer).ids
    assert ids[-1] == END_OF_TEXT
    assert ids.count(END_OF_TEXT) == 1


def test_the_detokenizer_of_a_prompt_finishes_a_character_that_begins_in_the_prompt(tmp_path: Path) -> None:
    tokenizer = open_model(tiny.trained(tmp_path / "run", tokenizer=ByteConfig())).tokenizer
    whole = fit_prompt("é", tokenizer)
    detokenizer = fit_prompt("", tokenizer).detokenizer.fork()
    assert [detokenizer.write(token) for token in whole.ids] == ["", "é"]
    assert whole.detokenizer.fork().finish() == ""
