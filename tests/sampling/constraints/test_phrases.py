"""Bans and biases of phrases, whatever the tokens are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqgen.config import Budget, SamplingConfig, TokenizerConfig
from seqgen.errors import ConfigError, RunError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import fit_prompt
from seqgen.sampling.constraints.phrases import PhraseBias, Phrases
from tests import tiny
from tests.sampling.texts import write

TEXT = "the cat sat on the mat. a hat! \n" * 80
EVERY_TOKENIZER = list(tiny.LOSSLESS.values())


def model_of(tokenizer: TokenizerConfig, folder: Path) -> SavedModel:
    """A model that has hardly learned, so that it samples nearly anything."""
    return open_model(tiny.trained(folder, text=TEXT, tokenizer=tokenizer, budget=Budget(steps=2)))


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=lambda config: config.name)
def test_a_banned_phrase_never_occurs_even_if_it_begins_in_the_prompt(
    tokenizer: TokenizerConfig, tmp_path: Path
) -> None:
    model = model_of(tokenizer, tmp_path / "run")
    prompt = fit_prompt("the c", model.tokenizer)
    ban = ("at", "the cat", " ", "e m")
    texts = write(model, prompt.text, length=300, count=4, temperature=1.0, ban=ban)
    for text in texts:
        whole = prompt.text + text.text
        assert not any(phrase in text.text for phrase in ban)
        assert not whole.startswith("the cat")
    free = write(model, prompt.text, length=300, count=4, temperature=1.0)
    assert any(" " in text.text for text in free)


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=lambda config: config.name)
@pytest.mark.parametrize("phrase", ["t on", "tt", "atat"])
def test_the_tokens_that_complete_a_phrase_are_found_by_trying_all(
    tokenizer: TokenizerConfig, phrase: str, tmp_path: Path
) -> None:
    """By brute force, a token completes a phrase if the phrase ends within the bytes that the token adds.

    Some phrases overlap with themselves. A token that completes one twice is biased once.
    """
    trained = model_of(tokenizer, tmp_path / "run").tokenizer
    for prompt in ("the cat sat", "the cat sa", "a", "", "tatat", "catt"):
        ids = trained.encode(prompt).ids.tolist()
        bias = PhraseBias(Phrases(trained, {phrase: 2.0}, separator=trained.separator))
        for token in ids:
            bias.take(token)
        added = np.zeros(trained.vocab_size)
        bias.apply(added)
        before = b"".join(trained.pieces(a)[b] for a, b in zip([0, *ids], ids, strict=False))
        pieces = trained.pieces(ids[-1] if ids else 0)
        starts = [(before + piece).rfind(phrase.encode()) for piece in pieces]
        expected = [2.0 if start >= 0 and start + len(phrase) > len(before) else 0.0 for start in starts]
        assert added.tolist() == expected


def test_a_banned_separator_does_not_keep_documents_from_ending(tmp_path: Path) -> None:
    """A text that ends with its document does not write the separator."""
    model = open_model(tiny.trained(tmp_path / "run", documents="line", budget=Budget(steps=60)))
    texts = write(model, length=400, count=8, ban=("\n",), until_end_of_text=True)
    assert {text.ending for text in texts} == {"end-of-text"}
    for text in write(model, length=100, count=3, ban=("\n",)):
        assert "\n" not in text.text


def test_a_large_bias_leaves_no_other_choice(tmp_path: Path) -> None:
    model = model_of(EVERY_TOKENIZER[0], tmp_path / "run")
    (text,) = write(model, length=20, bias={"!": 50.0})
    assert text.text == "!" * 20


def test_a_ban_of_everything_says_so(tmp_path: Path) -> None:
    model = model_of(EVERY_TOKENIZER[0], tmp_path / "run")
    with pytest.raises(RunError, match="no text can begin here"):
        write(model, length=5, ban=tuple(sorted(set(TEXT))))


@pytest.mark.parametrize("field", ["ban", "stop"])
def test_an_empty_phrase_is_refused(field: str) -> None:
    with pytest.raises(ConfigError, match=rf"{field} is \('',\): it must be of one character or more each"):
        SamplingConfig(**{field: ("",)})  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["ban", "bias", "stop", "match"])
@pytest.mark.parametrize("text", ["\udcff", "caf\udce9", "\ud800"])
def test_a_text_that_utf8_cannot_encode_is_refused(field: str, text: str) -> None:
    """Bytes of the command line that are not UTF-8 become such lone surrogates."""
    value: object = {"ban": (text,), "bias": {text: 1.0}, "stop": ("a", text), "match": text}[field]
    with pytest.raises(ConfigError, match=f"{field} holds (the byte 0x|half a character).*: it must be text in UTF-8"):
        SamplingConfig(**{field: value})  # type: ignore[arg-type]
