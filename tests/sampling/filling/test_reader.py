"""A reader at a gap: exact probabilities, however many texts are read side by side; draws from the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqgen.run import SavedModel, open_model
from seqgen.sampling.filling import GapReader
from seqgen.sampling.filters import softmax
from seqgen.sampling.prefill import prefill
from tests.backward import planted, turned


@pytest.fixture
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


def test_probabilities_are_those_of_the_model_step_by_step(model: SavedModel) -> None:
    known, text = [model.tokenizer.encode(each).ids.tolist() for each in ("The c", "at sat")]
    (logs,) = GapReader(model, known).log_probabilities([text])
    by_hand = [
        float(np.log(softmax(prefill(model, [*known, *text[:number]]).logits[0])[token]))
        for number, token in enumerate(text)
    ]
    assert logs == pytest.approx(by_hand, abs=1e-5)


def test_a_reader_of_a_backward_model_has_read_what_follows_from_its_end(model: SavedModel) -> None:
    known, text = [model.tokenizer.encode(each).ids.tolist() for each in ("sat.", "cat ")]
    (backward,) = GapReader(turned(model), known).log_probabilities([text[::-1]])
    (by_hand,) = GapReader(model, known[::-1]).log_probabilities([text[::-1]])
    assert backward.tolist() == by_hand.tolist()


def test_neighbours_change_nothing(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    texts = [random.integers(1, 9, length).tolist() for length in (5, 1, 3, 5, 2)]
    reader = GapReader(model, [3, 4])
    together = reader.log_probabilities(texts)
    monkeypatch.setattr("seqgen.sampling.filling.reader._MOST_STREAMS", 2)
    for logs, text, pair in zip(together, texts, reader.log_probabilities(texts), strict=True):
        assert len(logs) == len(text)
        assert logs == pytest.approx(reader.log_probabilities([text])[0], abs=1e-5)
        assert logs == pytest.approx(pair, abs=1e-5)


def test_draws_are_as_frequent_as_they_are_likely(model: SavedModel) -> None:
    reader = GapReader(model, model.tokenizer.encode("The").ids.tolist())
    drawn = [text[0] for text in reader.draw(600, length=1, seed=0) if text]
    likely = int(np.bincount(drawn).argmax())
    (logs,) = reader.log_probabilities([[likely]])
    assert drawn.count(likely) / 600 == pytest.approx(float(np.exp(logs[0])), abs=0.06)


def test_a_draw_ends_with_its_document(tmp_path: Path) -> None:
    reader = GapReader(planted(tmp_path, "abc\n" * 40, order=3).forward, [])
    tokens = planted(tmp_path / "again", "abc\n" * 40, order=3).tokenizer.encode("abc").ids.tolist()
    drawn = reader.draw(20, length=9, seed=0)
    assert sum(text == tuple(tokens) for text in drawn) > 10
