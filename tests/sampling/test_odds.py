"""What may come next, and how likely it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import ByteConfig
from seqgen.run import open_model
from seqgen.sampling import CoWriter, fit_prompt, next_odds, prefill
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny


def test_the_odds_of_what_comes_next_are_probabilities_the_likeliest_first(tmp_path: Path) -> None:
    text = "the cat sat on the mat. a hat! \n" * 80
    model = open_model(tiny.trained(tmp_path / "run", text=text, documents="line"))
    odds = next_odds(prefill(model, fit_prompt("the c", model.tokenizer).ids), model.tokenizer)
    assert sum(probability for _, probability in odds) == pytest.approx(1)
    assert [probability for _, probability in odds] == sorted((p for _, p in odds), reverse=True)
    assert len(odds) == model.tokenizer.vocab_size
    assert {text for text, _ in odds} >= {"a", "t", "\n"}
    assert model.tokenizer.pieces(END_OF_TEXT)[END_OF_TEXT] == b"\n"


def test_bytes_that_are_no_character_are_named(tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", tokenizer=ByteConfig()))
    texts = {text for text, _ in next_odds(prefill(model, ()), model.tokenizer)}
    assert {"a", "\n", "byte E2", "byte 80"} <= texts
    assert not any("\\" in text for text in texts - {"\\"})


def test_the_co_writer_has_the_same_odds(run_folder: Path) -> None:
    model = open_model(run_folder)
    odds = next_odds(prefill(model, fit_prompt("Mina", model.tokenizer).ids), model.tokenizer)
    assert CoWriter(model).odds("Mina", 5) == odds[:5]
