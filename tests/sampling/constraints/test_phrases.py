"""Bias and ban of phrases, whatever the tokens are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqgen.config import Budget, SamplingConfig, TokenizerConfig
from seqgen.errors import ConfigError, RunError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import fit_prompt, write_texts
from seqgen.sampling.constraints.phrases import PhraseBias, Phrases
from tests import tiny

TEXT = "the cat sat on the mat. a hat! \n" * 80
EVERY_TOKENIZER = list(tiny.LOSSLESS.values())


def model_of(tokenizer: TokenizerConfig, folder: Path) -> SavedModel:
    """A model that has hardly learned, and draws nearly anything."""
    return open_model(tiny.trained(folder, text=TEXT, tokenizer=tokenizer, budget=Budget(steps=2)))


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=lambda config: config.name)
def test_a_banned_phrase_never_occurs_nor_begins_in_the_prompt(tokenizer: TokenizerConfig, tmp_path: Path) -> None:
    model = model_of(tokenizer, tmp_path / "run")
    prompt = fit_prompt("the c", model.tokenizer)
    ban = ("at", "the cat", " ", "e m")
    texts = write_texts(model, prompt, SamplingConfig(temperature=1.0, ban=ban), length=300, count=4)
    for text in texts:
        whole = prompt.text + text.text
        assert not any(phrase in text.text for phrase in ban)
        assert not whole.startswith("the cat")
    free = write_texts(model, prompt, SamplingConfig(temperature=1.0), length=300, count=4)
    assert any(" " in text.text for text in free)


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=lambda config: config.name)
@pytest.mark.parametrize("phrase", ["t on", "tt", "atat"])
def test_the_tokens_that_complete_a_phrase_are_found_by_trying_all(
    tokenizer: TokenizerConfig, phrase: str, tmp_path: Path
) -> None:
    """Brute force: a token completes a phrase if the phrase occurs, and ends, within the bytes that it adds.

    Phrases that overlap with themselves among them: what completes one twice is biased once.
    """
    own = model_of(tokenizer, tmp_path / "run").tokenizer
    for prompt in ("the cat sat", "the cat sa", "a", "", "tatat", "catt"):
        ids = own.encode(prompt).ids.tolist()
        bias = PhraseBias(Phrases(own, {phrase: 2.0}, own.separator))
        for token in ids:
            bias.take(token)
        added = np.zeros(own.vocab_size)
        bias.apply(added)
        before = b"".join(own.pieces(a)[b] for a, b in zip([0, *ids], ids, strict=False))
        pieces = own.pieces(ids[-1] if ids else 0)
        found = [(before + piece).rfind(phrase.encode()) for piece in pieces]
        expected = [2.0 if place >= 0 and place + len(phrase) > len(before) else 0.0 for place in found]
        assert added.tolist() == expected


def test_a_banned_separator_does_not_keep_documents_from_ending(tmp_path: Path) -> None:
    """It is not written where a text ends at the end-of-text token."""
    model = open_model(tiny.trained(tmp_path / "run", documents="line", budget=Budget(steps=60)))
    config = SamplingConfig(ban=("\n",), until_end_of_text=True)
    texts = write_texts(model, fit_prompt("", model.tokenizer), config, length=400, count=8)
    assert {text.ending for text in texts} == {"end-of-text"}
    config = SamplingConfig(ban=("\n",))
    for text in write_texts(model, fit_prompt("", model.tokenizer), config, length=100, count=3):
        assert "\n" not in text.text


def test_a_large_bias_is_as_good_as_a_wish(tmp_path: Path) -> None:
    model = model_of(EVERY_TOKENIZER[0], tmp_path / "run")
    (text,) = write_texts(model, fit_prompt("", model.tokenizer), SamplingConfig(bias={"!": 50.0}), length=20)
    assert text.text == "!" * 20


def test_a_ban_of_everything_says_so(tmp_path: Path) -> None:
    model = model_of(EVERY_TOKENIZER[0], tmp_path / "run")
    config = SamplingConfig(ban=tuple(sorted(set(TEXT))))
    with pytest.raises(RunError, match="no text can begin here"):
        write_texts(model, fit_prompt("", model.tokenizer), config, length=5)


@pytest.mark.parametrize("field", ["ban", "stop"])
def test_an_empty_phrase_is_refused(field: str) -> None:
    with pytest.raises(ConfigError, match=rf"{field} is \('',\): it must be of one character or more each"):
        SamplingConfig(**{field: ("",)})  # type: ignore[arg-type]
