"""Contexts: every token is scored once, after exactly as much of the text as the mode says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.config import Budget, Cell
from seqgen.corpus import encode_text
from seqgen.errors import ConfigError
from seqgen.evaluation import Context, restore_decoder, score_text
from seqgen.models import DECODERS, Decoder, build_model
from seqgen.run import open_model
from seqgen.tokenizers import END_OF_TEXT
from tests import tiny
from tests.tiny import MODEL_CONFIGS, V


def decoder_of(cell: Cell) -> Decoder:
    torch.manual_seed(0)
    model = build_model(MODEL_CONFIGS[cell]).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def nats_of_one(model: Decoder, ids: list[int], position: int, begin: int) -> float:
    """Nats of one token in a window that starts at `begin`; the window's first input is the token before it."""
    inputs = [ids[number - 1] if number else END_OF_TEXT for number in range(begin, position + 1)]
    with torch.no_grad():
        logits, _ = model(torch.tensor([inputs]))
    return float(torch.nn.functional.cross_entropy(logits[0, -1:], torch.tensor([ids[position]])))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 25), st.integers(1, 8), st.integers(1, 8))
def test_every_token_is_scored_in_its_window(n: int, window: int, stride: int) -> None:
    """Each token after the first window is among the last `stride` of its window."""
    stride = min(stride, window)
    model = decoder_of("lstm")
    ids = np.random.default_rng(n).integers(0, V, n)
    found = np.concatenate(list(Context(window, stride).nats(model, ids)))
    begins = [0 if position < window else -(-(position - window + 1) // stride) * stride for position in range(n)]
    expected = [nats_of_one(model, ids.tolist(), position, begin) for position, begin in enumerate(begins)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", sorted(DECODERS))
def test_carried_equals_one_window_over_the_whole_text(cell: Cell) -> None:
    ids = np.random.default_rng(0).integers(0, V, 9)
    model = decoder_of(cell)
    carried = np.concatenate(list(Context().nats(model, ids)))
    np.testing.assert_allclose(carried, np.concatenate(list(Context(9, 9).nats(model, ids))), rtol=1e-5)


@pytest.mark.parametrize("cell", sorted(DECODERS))
def test_a_carried_context_does_not_depend_on_how_the_stream_is_cut(
    cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = open_model(tiny.trained(tmp_path / "run", cell=cell, budget=Budget(steps=40)))
    text = encode_text([tiny.TEXT[:800]], model.tokenizer)
    found = []
    for window in (1024, 100, 7):
        monkeypatch.setattr("seqgen.evaluation.scoring_modes._CARRIED_WINDOW", window)
        found.append(score_text(restore_decoder(model), text, tokenizer=model.tokenizer).nats_per_token)
    assert found == pytest.approx([found[0]] * 3, abs=1e-6)


@pytest.mark.parametrize("text", ["carried", "cold:256", "sliding:256/64"])
def test_a_mode_prints_as_the_text_that_it_is_parsed_from(text: str) -> None:
    assert str(Context.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "warm", "cold", "cold:0", "cold:-3", "sliding:64", "sliding:64/65", "sliding:4/0"]
)
def test_an_unknown_mode_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--context {re.escape(text)}"):
        Context.parse(text)


def test_the_report_names_the_mode(run_folder: Path) -> None:
    model = open_model(run_folder)
    text = encode_text([tiny.TEXT[:300]], model.tokenizer)
    score = score_text(restore_decoder(model), text, tokenizer=model.tokenizer, mode=Context.parse("cold:32"))
    assert score.to_json()["context"] == "cold:32"
