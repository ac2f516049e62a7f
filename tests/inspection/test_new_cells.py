"""Cells without a run: how they are named, and what is refused."""

from __future__ import annotations

import pytest

from seqgen.errors import ConfigError
from seqgen.inspection.new_cells import NewCell


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lstmm", "cell is 'lstmm': it must be one of rnn, lstm, gru, mingru, transformer; did you mean lstm?"),
        ("rnn,widht=3", "'widht=3' sets an unknown field"),
        ("rnn,d_model", "'d_model' sets nothing: write it as field=value"),
        ("rnn,recurrent_norm=x", "recurrent_norm is 'x': it must be a number or none"),
    ],
)
def test_a_name_that_means_nothing_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        NewCell.parse(text)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rnn,d_model=0", "d_model is 0: it must be 1 or more"),
        ("rnn,vocab_size=3", "vocab_size is decided by the text"),
        ("rnn,recurrent_norm=-1", "recurrent_norm is -1: it must be above 0"),
        ("rnn,recurrent_norm=nan", "recurrent_norm is nan: it must be above 0"),
        ("mingru,recurrent_norm=2", "mingru has no recurrent matrix: leave recurrent_norm out"),
        ("transformer,recurrent_norm=2", "transformer has no recurrent matrix: leave recurrent_norm out"),
    ],
)
def test_a_cell_that_cannot_be_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        NewCell.parse(text).build(9, seed=0)
    assert words in str(error.value)


def test_a_shared_field_that_no_cell_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="forget_bias=2"):
        NewCell.parse_all(["rnn", "gru"], ["forget_bias=2"])


def test_a_field_of_a_cell_counts_more_than_a_shared_one() -> None:
    first, second = NewCell.parse_all(["rnn,d_model=8", "rnn"], ["d_model=16"])
    assert (first.settings["d_model"], second.settings["d_model"]) == (8, 16)


def test_the_name_of_a_cell_says_what_is_unusual() -> None:
    cell = NewCell.parse("lstm,forget_bias=5,d_embedding=none,recurrent_norm=0.5")
    assert cell.name == "lstm, forget_bias 5, d_embedding none, recurrent_norm 0.5"
