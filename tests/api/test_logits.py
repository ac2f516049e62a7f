"""Logits and vectors of whole texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import seqgen
from seqgen import LanguageModel
from seqgen.errors import ConfigError, CorpusError, TokenizerError
from seqgen.evaluation import restore_decoder
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import NgramExpert
from tests import tiny

TEXT = "Mina sat by the river."


@pytest.fixture
def model(run_folder: Path) -> LanguageModel:
    return seqgen.load(run_folder)


@pytest.fixture
def mixed(model: LanguageModel) -> LanguageModel:
    """The same model, with counts of three tokens beside it."""
    v = model.saved.tokenizer.vocab_size
    counts = NgramModel(np.array(model.encode(tiny.TEXT[:2000])), order=3, vocab_size=v)
    return LanguageModel(replace(model.saved, expert=NgramExpert(counts.tables(), vocab_size=v, weight=0.5)))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return np.asarray(torch.log_softmax(torch.from_numpy(logits), dim=1))


def test_the_logits_are_those_of_the_torch_module(model: LanguageModel) -> None:
    ids = torch.tensor([[0, *model.encode(TEXT)]])
    with torch.inference_mode():
        expected, _ = restore_decoder(model.saved)(ids)
    assert model.logits(TEXT) == pytest.approx(expected[0, 1:].numpy(), abs=1e-4)


def test_row_t_is_what_follows_token_t(model: LanguageModel) -> None:
    rows = log_softmax(model.logits(TEXT))
    nats = -sum(row[token] for row, token in zip(rows, model.encode(TEXT)[1:], strict=False))
    first = -np.log(dict(model.next_odds())["M"])
    assert nats + first == pytest.approx(model.score(TEXT).nats, rel=1e-4)


def test_an_expert_is_mixed_in_unless_it_is_left_out(mixed: LanguageModel, model: LanguageModel) -> None:
    assert np.exp(mixed.logits(TEXT)[-1]).max() == pytest.approx(mixed.next_odds(TEXT)[0][1], rel=1e-4)
    assert not np.allclose(log_softmax(mixed.logits(TEXT)), log_softmax(model.logits(TEXT)), atol=0.01)
    assert np.array_equal(mixed.logits(TEXT, expert=False), model.logits(TEXT))


def test_a_backward_model_says_what_stands_before_each_token(tmp_path: Path) -> None:
    model = seqgen.load(tiny.trained(tmp_path / "run", backward=True))
    probabilities = np.exp(log_softmax(model.logits(TEXT)))
    assert probabilities[0].max() == pytest.approx(model.next_odds(TEXT)[0][1], rel=1e-4)
    assert probabilities[5].max() == pytest.approx(model.next_odds(TEXT[5:])[0][1], rel=1e-4)


def test_a_model_of_pairs_needs_a_source_for_its_logits(pair_folder: Path) -> None:
    model = seqgen.load(pair_folder)
    assert model.logits("cba", source="abc").shape == (3, model.saved.tokenizer.vocab_size)
    with pytest.raises(ConfigError, match="give one with"):
        model.logits("cba")


def test_logits_of_nothing_are_no_rows_and_unknown_characters_are_refused(model: LanguageModel) -> None:
    assert model.logits("").shape == (0, model.saved.tokenizer.vocab_size)
    with pytest.raises(TokenizerError, match="the vocabulary lacks '漢'"):
        model.logits("漢")


def test_a_vector_is_the_mean_of_what_the_output_layer_reads(model: LanguageModel) -> None:
    decoder = restore_decoder(model.saved)
    with torch.inference_mode():
        features, _ = decoder.features(torch.tensor([[0, *model.encode(TEXT)]]), None)
    assert model.embed(TEXT) == pytest.approx(features[0, 1:].mean(dim=0).numpy(), abs=1e-5)


def test_a_long_text_is_read_in_windows_that_hand_on_their_state(model: LanguageModel) -> None:
    text = tiny.TEXT[:600]
    with torch.inference_mode():
        features, _ = restore_decoder(model.saved).features(torch.tensor([[0, *model.encode(text)]]), None)
    assert model.embed(text) == pytest.approx(features[0, 1:].mean(dim=0).numpy(), abs=1e-5)


def test_each_text_of_a_list_has_its_own_row_whatever_stands_beside_it(model: LanguageModel) -> None:
    both = model.embed([TEXT, "Oro slept."])
    assert both.shape == (2, 16)
    assert np.array_equal(both[1], model.embed("Oro slept."))
    assert model.embed([]).shape == (0, 16)


@pytest.mark.parametrize("texts", [5, None, b"Mina", [b"Mina"]])
def test_what_is_no_text_has_no_vector(model: LanguageModel, texts: Any) -> None:
    with pytest.raises(ConfigError, match=r"^texts? is .*: it must be a (list of texts|text)$"):
        model.embed(texts)


def test_an_expert_has_no_part_in_a_vector(mixed: LanguageModel, model: LanguageModel) -> None:
    assert np.array_equal(mixed.embed(TEXT), model.embed(TEXT))


def test_nothing_to_read_has_no_vector(model: LanguageModel, pair_folder: Path) -> None:
    with pytest.raises(CorpusError, match="the text is empty"):
        model.embed("")
    with pytest.raises(CorpusError, match="lacks every character"):
        model.embed(["Mina", "漢"])
    with pytest.raises(ConfigError, match="learned from pairs"):
        seqgen.load(pair_folder).embed("abc")
