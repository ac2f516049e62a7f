"""Context modes: every token scored once, after just as much of the text as the mode says."""

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


def one(cell: Cell) -> Decoder:
    torch.manual_seed(0)
    model = build_model(MODEL_CONFIGS[cell]).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def alone(model: Decoder, ids: list[int], place: int, begin: int) -> float:
    """Nats of one token after those from `begin`, the input of the first being the token before it."""
    inputs = [ids[number - 1] if number else END_OF_TEXT for number in range(begin, place + 1)]
    with torch.no_grad():
        logits, _ = model(torch.tensor([inputs]))
    return float(torch.nn.functional.cross_entropy(logits[0, -1:], torch.tensor([ids[place]])))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 25), st.integers(1, 8), st.integers(1, 8))
def test_windows_hold_what_their_rule_says(n: int, window: int, stride: int) -> None:
    """Each token after the first window stands among the last of its own."""
    stride = min(stride, window)
    model = one("lstm")
    ids = np.random.default_rng(n).integers(0, V, n)
    found = np.concatenate(list(Context(window, stride).nats(model, ids)))
    begins = [0 if place < window else -(-(place - window + 1) // stride) * stride for place in range(n)]
    expected = [alone(model, ids.tolist(), place, begin) for place, begin in enumerate(begins)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", sorted(DECODERS))
def test_carried_is_a_window_that_holds_all(cell: Cell) -> None:
    ids = np.random.default_rng(0).integers(0, V, 9)
    model = one(cell)
    carried = np.concatenate(list(Context().nats(model, ids)))
    np.testing.assert_allclose(carried, np.concatenate(list(Context(9, 9).nats(model, ids))), rtol=1e-5)


@pytest.mark.parametrize("cell", sorted(DECODERS))
def test_carried_context_is_the_same_however_the_stream_is_cut(
    cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = open_model(tiny.trained(tmp_path / "run", cell=cell, budget=Budget(steps=40)))
    text = encode_text([tiny.TEXT[:800]], model.tokenizer)
    found = []
    for window in (1024, 100, 7):
        monkeypatch.setattr("seqgen.evaluation.scoring_modes._CARRIED_WINDOW", window)
        found.append(score_text(restore_decoder(model), model.tokenizer, text).nats_per_token)
    assert found == pytest.approx([found[0]] * 3, abs=1e-6)


@pytest.mark.parametrize("text", ["carried", "cold:256", "sliding:256/64"])
def test_a_rule_is_written_as_it_is_read(text: str) -> None:
    assert str(Context.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "warm", "cold", "cold:0", "cold:-3", "sliding:64", "sliding:64/65", "sliding:4/0"]
)
def test_a_rule_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--context {re.escape(text)}"):
        Context.parse(text)


def test_the_rule_stands_beside_the_number(run_folder: Path) -> None:
    model = open_model(run_folder)
    text = encode_text([tiny.TEXT[:300]], model.tokenizer)
    score = score_text(restore_decoder(model), model.tokenizer, text, mode=Context.parse("cold:32"))
    assert score.to_json()["context"] == "cold:32"
