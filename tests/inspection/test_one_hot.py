"""Learned vectors beside one-hot ones: the same network otherwise, trained alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from seqgen.errors import ConfigError
from seqgen.evaluation import TextSelection
from seqgen.inspection.one_hot import compare_inputs
from seqgen.run import open_model
from tests import tiny


def test_both_networks_learn_and_differ_by_the_weights_of_their_input(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run", cell="gru", settings={"d_embedding": 5})
    saved = open_model(folder)
    n_symbols, width = saved.tokenizer.vocab_size, 16
    little, more = (compare_inputs(saved, TextSelection(), n_steps=n) for n in (1, 60))
    learned, one_hot = more
    assert [cost.width for cost in more] == [5, None] and learned.unit == one_hot.unit == "character"
    assert one_hot.n_parameters - learned.n_parameters == n_symbols * 3 * width - (n_symbols * 5 + 5 * 3 * width)
    for after, before in zip(more, little, strict=True):
        assert after.bits < before.bits - 0.5
        assert after.tokens_per_s > 0


def test_the_same_run_gives_the_same_bits_and_the_state_of_torch_is_as_before(tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", settings={"dropout": 0.3}))
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first, again = ([cost.bits for cost in compare_inputs(saved, TextSelection(), n_steps=3)] for _ in range(2))
    assert first == again and first[0] != first[1]
    assert torch.equal(torch.rand(1), expected)


def test_a_run_of_one_hot_vectors_is_compared_with_vectors_of_the_usual_width(tmp_path: Path) -> None:
    saved = open_model(tiny.trained(tmp_path / "run", cell="rnn", settings={"d_embedding": None}))
    assert [cost.width for cost in compare_inputs(saved, TextSelection(), n_steps=1)] == [16, None]


def test_a_tied_run_with_ngrams_is_compared_without_them(tmp_path: Path) -> None:
    settings = {"d_embedding": 16, "tie_weights": True, "ngram_order": 3}
    saved = open_model(tiny.trained(tmp_path / "run", settings=settings))
    assert [cost.name for cost in compare_inputs(saved, TextSelection(), n_steps=1)] == ["learned, 16 wide", "one-hot"]


def test_what_has_no_one_hot_form_is_refused(tmp_path: Path, pair_folder: Path) -> None:
    transformer = open_model(tiny.trained(tmp_path / "run", cell="transformer"))
    with pytest.raises(ConfigError, match="run is a transformer, whose layers cannot read one-hot vectors"):
        compare_inputs(transformer, TextSelection(), n_steps=1)
    with pytest.raises(ConfigError, match="learned from pairs"):
        compare_inputs(open_model(pair_folder), TextSelection(), n_steps=1)
