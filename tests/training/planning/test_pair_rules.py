"""The configuration that pairs get."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from seqgen.config import Budget, Cell, EncoderChoice
from seqgen.errors import ConfigError
from seqgen.models import build_model
from seqgen.training.planning.pair_problem import PairProblem
from seqgen.training.planning.problem import PairSizes
from seqgen.training.planning.recipes import RECIPES
from seqgen.training.planning.resolve import Resolved
from seqgen.training.planning.resolve_pairs import resolve_pairs

WORDS = PairSizes(
    vocab_size=5_000,
    source_vocab_size=4_001,
    n_pairs=30_000,
    n_valid_pairs=1_000,
    n_source_tokens=400_000,
    n_target_tokens=400_000,
    longest_source=40,
    longest_target=50,
    has_labels=False,
)
LETTERS = replace(WORDS, vocab_size=30, source_vocab_size=31)


def resolved(cell: Cell = "gru", facts: PairSizes = LETTERS, **problem: Any) -> Resolved:
    options: dict[str, Any] = {"settings": {}, "budget": Budget(epochs=5), **problem}
    return resolve_pairs(cell, PairProblem(facts=facts, **options))


@pytest.mark.parametrize("cell", get_args(Cell))
@pytest.mark.parametrize("encoder", ["none", "forward", "bidirectional"])
def test_every_cell_has_a_whole_configuration(cell: Cell, encoder: EncoderChoice) -> None:
    for facts in (WORDS, LETTERS):
        choice = resolved(cell, facts, encoder=encoder, settings={"d_model": 16})
        assert build_model(choice.model, choice.encoder).vocab_size == facts.vocab_size
        assert choice.model.source_vocab_size == (facts.source_vocab_size if encoder == "none" else 0)
        assert not choice.model.tie_weights
        assert choice.model.ngram_order is None
        assert choice.training.ngram_expert is facts.has_labels


def test_a_transformer_refuses_sources_and_windows_that_are_too_long_for_its_attention() -> None:
    message = r"^the longest source has 1,000,000 tokens, and a transformer reads 32,768 at once, because the time"
    for encoder in ("none", "bidirectional"):
        with pytest.raises(ConfigError, match=message):
            resolved("transformer", replace(LETTERS, longest_source=10**6), encoder=encoder)
        assert resolved(facts=replace(LETTERS, longest_source=10**6), encoder=encoder).model.cell == "gru"
    long_targets = replace(LETTERS, longest_target=10**6)
    with pytest.raises(ConfigError, match=r"^window is 2,000,000: a transformer takes 32,768 at most"):
        resolved("transformer", long_targets, settings={"window": 2 * 10**6})
    assert resolved("transformer", long_targets).training.window == 512
    assert resolved("transformer", LETTERS, settings={"window": 10**6}).model.cell == "transformer"


def test_more_pairs_get_a_wider_model_and_larger_batches() -> None:
    sizes = [(100, 1_000), (3_000, 20_000), (300_000, 5_000_000)]
    choices = [resolved(facts=replace(LETTERS, n_pairs=pairs, n_target_tokens=tokens)) for pairs, tokens in sizes]
    assert [choice.model.d_model for choice in choices] == [256, 256, 384]
    assert [choice.training.n_streams for choice in choices] == [16, 32, 64]


def test_more_epochs_get_more_dropout_and_words_more_than_letters() -> None:
    dropouts = [resolved(budget=Budget(epochs=n)).model.dropout for n in (1, 5, 10, 30, 100)]
    assert dropouts == sorted(set(dropouts))
    assert resolved(facts=WORDS).model.dropout > resolved().model.dropout


def test_a_transformer_learns_at_half_the_rates_for_texts_and_lr_scales_all_of_them() -> None:
    training = resolved("transformer").training
    recipe = RECIPES["transformer"]
    assert (training.learning_rate, training.muon_rate) == (recipe.learning_rate / 2, recipe.muon_rate / 2)
    slower = resolved("transformer", settings={"learning_rate": recipe.learning_rate / 4}).training
    assert slower.muon_rate == recipe.muon_rate / 4
    assert resolved("gru").training.learning_rate == RECIPES["gru"].learning_rate


def test_a_transformer_remembers_the_whole_pair() -> None:
    long = replace(LETTERS, longest_source=300, longest_target=200)
    memories = [getattr(resolved("transformer", long, encoder=e).model, "memory", 0) for e in ("none", "forward")]
    assert memories == [500, 200]


def test_an_encoder_is_like_its_decoder_unless_it_is_set() -> None:
    alike = resolved(settings={"n_layer": 2, "d_model": 96, "dropout": 0.3}).encoder
    assert alike is not None
    assert (alike.n_layer, alike.d_model, alike.dropout) == (2, 96, 0.3)
    shape = {"encoder_layers": 3, "encoder_width": 64, "encoder_dropout": 0.1}
    other = resolved(settings=shape, encoder="forward", attention=False).encoder
    assert other is not None
    assert (other.n_layer, other.d_model, other.dropout, other.direction) == (3, 64, 0.1, "forward")
    assert not other.attention


def test_odd_widths_are_made_even_for_two_directions() -> None:
    encoder = resolved(settings={"d_model": 17}).encoder
    assert encoder is not None
    assert encoder.d_model == 18


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": {"encoder_width": 7}}, "^encoder_width is 7: it must be even if"),
        ({"settings": {"encoder_dropout": 1.0}}, "^encoder_dropout is 1: it must be"),
        ({"settings": {"n_head": 2}}, "^n_head does not belong to the cell gru"),
        ({"settings": {"source_vocab_size": 9}}, "^source_vocab_size does not belong"),
        ({"encoder": "none", "attention": True}, "^--attention means nothing with --encoder none"),
        ({"encoder": "none", "attention": False}, "^--no-attention means nothing with --encoder none"),
        ({"encoder": "none", "settings": {"encoder_width": 8}}, "^--set encoder_width means nothing with --encoder"),
        ({"encoder": "none", "settings": {"tie_weights": True, "d_embedding": 256}}, "^tie_weights is True"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolved(**options)


def test_a_batch_has_no_more_pairs_than_there_are() -> None:
    few = replace(LETTERS, n_pairs=5, n_valid_pairs=1)
    assert resolved(facts=few).training.n_streams == 5
    choice = resolved(facts=few, settings={"n_streams": 9})
    assert choice.training.n_streams == 5
    assert choice.notes == ("--streams 5 instead of 9: there are no more pairs to train on",)


def test_long_targets_are_learned_in_windows_and_it_is_said() -> None:
    choice = resolved(facts=replace(LETTERS, longest_target=2_000))
    assert choice.training.window == 512
    assert choice.notes == ("the longest target has 2,000 tokens: targets are learned in windows of 512 tokens",)
    assert not resolved().notes


def test_a_large_validation_part_is_scored_in_part() -> None:
    some = resolved(facts=replace(LETTERS, n_valid_pairs=100_000)).training.valid_tokens
    assert some is not None
    assert some < 100_000 * LETTERS.n_target_tokens / LETTERS.n_pairs
    assert resolved().training.valid_tokens is None
