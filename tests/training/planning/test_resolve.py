"""What is chosen for the user, and what the user keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from seqgen.config import Budget, Cell, FieldValue, RecurrentConfig, TransformerConfig
from seqgen.errors import ConfigError
from seqgen.training.planning.problem import CorpusFacts, Problem, Settings
from seqgen.training.planning.recipes import expected_ratio, neighbouring_widths
from seqgen.training.planning.resolve import Resolved, resolve, start_from
from tests.tiny import MODEL_CONFIGS

LARGE = CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=110_000)
EVERY_CELL = get_args(Cell)


def resolved_for(cell: Cell, settings: Settings, corpus: CorpusFacts, budget: Budget, **measured: Any) -> Resolved:
    """What `resolve` answers to a problem; `measured` is its trial or its throughput."""
    return resolve(cell, Problem(settings=settings, corpus=corpus, budget=budget, **measured))


def words_chosen(resolved: Resolved) -> set[str]:
    """The names of the fields that the notes say were chosen."""
    return {word for choice in resolved.choices for word in choice.split()}


@pytest.mark.parametrize("cell", EVERY_CELL)
@pytest.mark.parametrize("n_train", [1, 2, 30, 5_000, 10**9])
@pytest.mark.parametrize("budget", [Budget(steps=1), Budget(epochs=100), Budget(minutes=0.01), Budget(minutes=600)])
def test_every_text_and_budget_gets_a_configuration_that_fits_it(cell: Cell, n_train: int, budget: Budget) -> None:
    corpus = CorpusFacts(vocab_size=5, n_train=n_train, n_valid=n_train // 9)
    resolved = resolved_for(cell, {}, corpus, budget)
    assert resolved.model.cell == cell
    assert resolved.model.vocab_size == 5
    assert resolved.training.n_streams * resolved.training.window <= n_train


@pytest.mark.parametrize("cell", EVERY_CELL)
def test_what_the_user_sets_is_kept_and_not_among_the_choices(cell: Cell) -> None:
    settings = {"n_layer": 3, "d_model": 96, "dropout": 0.4, "learning_rate": 0.123, "window": 7, "n_streams": 5}
    resolved = resolved_for(cell, settings, LARGE, Budget(minutes=1))
    assert (resolved.model.n_layer, resolved.model.d_model, resolved.model.dropout) == (3, 96, 0.4)
    assert (resolved.training.learning_rate, resolved.training.window, resolved.training.n_streams) == (0.123, 7, 5)
    assert not words_chosen(resolved) & set(settings)


@pytest.mark.parametrize("field", ["window", "memory"])
def test_an_attention_that_would_never_end_is_refused(field: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{field} is 32,769: a transformer takes 32,768 at most, because the time"):
        resolved_for("transformer", {field: 2**15 + 1}, LARGE, Budget(steps=1))
    assert resolved_for("transformer", {field: 2**15}, LARGE, Budget(steps=1)).model.cell == "transformer"
    assert resolved_for("gru", {"window": 10**6}, LARGE, Budget(steps=1)).training.window == 10**6


def test_the_refusal_of_a_window_names_what_was_asked_for() -> None:
    with pytest.raises(ConfigError, match=r"^window is 1,000,000: "):
        resolved_for("transformer", {"window": 10**6}, replace(LARGE, n_train=51_818), Budget(steps=1))


def test_everything_chosen_is_said() -> None:
    words = words_chosen(resolved_for("lstm", {}, LARGE, Budget(minutes=1)))
    assert words >= {"n_layer", "d_model", "n_streams", "window", "learning_rate", "muon_rate"}


def test_a_measured_machine_decides_in_place_of_a_laptop() -> None:
    slow, fast = (resolved_for("lstm", {}, LARGE, Budget(minutes=1), tokens_per_s=speed) for speed in (1e3, 1e6))
    assert slow.model.d_model < fast.model.d_model
    assert slow.model.dropout < fast.model.dropout
    assert slow.training.evaluate_every < fast.training.evaluate_every


@pytest.mark.parametrize("cell", EVERY_CELL)
def test_a_large_text_for_a_long_time_gets_a_wider_model_than_a_small_one_for_a_short_time(cell: Cell) -> None:
    small = CorpusFacts(vocab_size=66, n_train=100_000, n_valid=10_000)
    large = CorpusFacts(vocab_size=66, n_train=10_000_000, n_valid=10_000)
    hour, minute = Budget(minutes=60), Budget(minutes=1)
    assert resolved_for(cell, {}, large, hour).model.d_model > resolved_for(cell, {}, small, minute).model.d_model
    assert resolved_for(cell, {}, large, hour).model.d_model > resolved_for(cell, {}, large, minute).model.d_model


def test_a_trial_goes_before_the_rules_and_after_the_settings() -> None:
    trial: dict[str, FieldValue] = {"d_model": 192, "n_layer": 3}
    tried = resolved_for("gru", {}, LARGE, Budget(steps=1), trial=trial)
    assert (tried.model.d_model, tried.model.n_layer) == (192, 3)
    assert words_chosen(tried) >= {"d_model", "n_layer"}
    assert resolved_for("gru", {"d_model": 96}, LARGE, Budget(steps=1), trial=trial).model.d_model == 96


def test_what_follows_from_the_width_follows_from_the_one_that_is_tried() -> None:
    model = resolved_for("transformer", {}, LARGE, Budget(steps=1), trial={"d_model": 256}).model
    assert isinstance(model, TransformerConfig)
    assert model.n_head * model.d_head == 256


def test_neighbouring_widths_are_the_next_of_the_ladder_on_either_side() -> None:
    assert neighbouring_widths(512) == (384, 640)
    assert neighbouring_widths(500) == (384, 512)


@pytest.mark.parametrize("cell", EVERY_CELL)
def test_more_parameters_and_more_training_promise_fewer_nats(cell: Cell) -> None:
    ratio = expected_ratio(cell, 10**6, n_trained=1e7, n_train=10**8)
    assert expected_ratio(cell, 10**7, n_trained=1e7, n_train=10**8) < ratio
    assert expected_ratio(cell, 10**6, n_trained=1e8, n_train=10**8) < ratio


def test_epochs_over_a_long_text_call_for_less_dropout_than_over_a_short_one() -> None:
    short = CorpusFacts(vocab_size=66, n_train=100_000, n_valid=10_000)
    long = CorpusFacts(vocab_size=66, n_train=10_000_000, n_valid=10_000)
    once, often, on_long = (
        resolved_for("lstm", {}, corpus, Budget(epochs=epochs)).model.dropout
        for corpus, epochs in ((short, 1), (short, 20), (long, 20))
    )
    assert 0 == once < on_long < often


def test_dropout_reaches_the_embedding_of_words_and_not_the_narrow_one_of_characters() -> None:
    for vocab_size, share in ((66, 0.0), (10_000, 0.4)):
        corpus = CorpusFacts(vocab_size=vocab_size, n_train=1_000_000, n_valid=0)
        model = resolved_for("lstm", {"dropout": 0.4}, corpus, Budget(steps=1)).model
        assert isinstance(model, RecurrentConfig)
        assert (model.dropout, model.input_dropout) == (0.4, share)


@pytest.mark.parametrize(("settings", "share"), [({"d_embedding": 400}, 0.4), ({"d_embedding": 32}, 0.0)])
def test_dropout_on_an_embedding_goes_by_its_width(settings: dict[str, FieldValue], share: float) -> None:
    corpus = CorpusFacts(vocab_size=10_000, n_train=1_000_000, n_valid=0)
    model = resolved_for("gru", {"dropout": 0.4, **settings}, corpus, Budget(steps=1)).model
    assert isinstance(model, RecurrentConfig)
    assert model.input_dropout == share


def test_more_epochs_call_for_more_weight_decay_and_never_for_less_than_the_recipe() -> None:
    decays = [resolved_for("gru", {}, LARGE, Budget(epochs=epochs)).training.weight_decay for epochs in (1, 10, 100)]
    assert decays == sorted(decays)
    assert 0 < decays[0] < decays[-1]
    assert resolved_for("gru", {"weight_decay": 0.7}, LARGE, Budget(epochs=1)).training.weight_decay == 0.7
    assert resolved_for("gru", {"optimizer": "adamw"}, LARGE, Budget(epochs=100)).training.weight_decay == 0


def test_epochs_over_words_count_for_more_than_over_characters() -> None:
    words = CorpusFacts(vocab_size=10_000, n_train=1_000_000, n_valid=0)
    dropouts = [resolved_for("lstm", {}, corpus, Budget(epochs=10)).model.dropout for corpus in (LARGE, words)]
    assert dropouts[0] < dropouts[1]


def test_a_small_text_gets_half_the_streams_unless_they_are_set() -> None:
    small = CorpusFacts(vocab_size=66, n_train=100_000, n_valid=0)
    usual, fewer = (resolved_for("lstm", {}, corpus, Budget(steps=9)).training.n_streams for corpus in (LARGE, small))
    assert fewer == usual // 2
    assert resolved_for("lstm", {"n_streams": 30}, small, Budget(steps=9)).training.n_streams == 30


@pytest.mark.parametrize("settings", [{}, {"n_streams": 4}, {"window": 500}])
@pytest.mark.parametrize("vocab_size", [66, 10_000])
def test_a_training_by_steps_is_validated_about_25_times(settings: dict[str, FieldValue], vocab_size: int) -> None:
    corpus = CorpusFacts(vocab_size=vocab_size, n_train=1_000_000, n_valid=100)
    training = resolved_for("lstm", settings, corpus, Budget(steps=5_000)).training
    assert 5_000 / training.evaluate_every == pytest.approx(25, rel=0.05)


def test_a_window_longer_than_the_text_is_cut_and_said() -> None:
    corpus = CorpusFacts(vocab_size=5, n_train=40, n_valid=0)
    resolved = resolved_for("lstm", {"window": 64, "n_streams": 3}, corpus, Budget(steps=1))
    assert (resolved.training.n_streams, resolved.training.window) == (3, 13)
    assert any(note.startswith("--window 13 instead of 64: ") for note in resolved.notes)
    resolved = resolved_for("lstm", {"window": 64, "n_streams": 50}, corpus, Budget(steps=1))
    assert (resolved.training.n_streams, resolved.training.window) == (40, 1)
    resolved = resolved_for("lstm", {"n_streams": 10**7}, replace(corpus, n_train=51_818), Budget(steps=1))
    reason = "the training part has only 51,818 tokens"
    assert resolved.notes[0] == f"--streams 51,818 instead of 10,000,000: {reason}"


def test_validation_takes_about_three_percent_of_the_time() -> None:
    """A token scored costs 0.3 of a token trained, and is scored again under the average of the weights."""
    for average, n_readings in ((None, 1), (16.0, 2)):
        training = resolved_for("lstm", {"average": average}, LARGE, Budget(epochs=5)).training
        trained = training.evaluate_every * training.n_streams * training.window
        n_scored = training.valid_tokens or LARGE.n_valid
        assert 0.029 < 0.3 * n_readings * n_scored / trained < 0.045


@pytest.mark.parametrize(
    "budget", [Budget(steps=3), Budget(steps=100), Budget(epochs=0.5), Budget(minutes=0.1)], ids=str
)
@pytest.mark.parametrize("n_valid", [500, 100_000_000])
def test_the_shortest_run_is_validated_three_times(budget: Budget, n_valid: int) -> None:
    corpus = CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=n_valid)
    training = resolved_for("lstm", {}, corpus, budget).training
    n_tokens = {3: 3 * 4096, 100: 100 * 4096}.get(budget.steps or 0, 500_000 if budget.epochs else 180_000)
    assert n_tokens // (training.n_streams * training.window * training.evaluate_every) >= 3
    assert (training.valid_tokens or n_valid) <= 10_000


def test_a_validation_part_that_is_hardly_too_long_is_read_whole() -> None:
    corpus = CorpusFacts(vocab_size=66, n_train=100_000, n_valid=11_000)
    assert resolved_for("lstm", {}, corpus, Budget(steps=10)).training.valid_tokens is None


def test_a_run_of_one_step_is_validated_after_it() -> None:
    assert resolved_for("lstm", {}, LARGE, Budget(steps=1)).training.evaluate_every == 1


def test_a_validation_part_too_large_for_the_time_is_read_in_part() -> None:
    corpus = CorpusFacts(vocab_size=66, n_train=10**9, n_valid=10**8)
    resolved = resolved_for("lstm", {}, corpus, Budget(minutes=2))
    assert resolved.training.valid_tokens is not None
    assert 50_000 < resolved.training.valid_tokens < 2_000_000
    assert any(f"the first {resolved.training.valid_tokens} of" in note for note in resolved.notes)
    assert resolved_for("lstm", {}, LARGE, Budget(minutes=5)).training.valid_tokens is None


def test_a_field_of_another_cell_is_refused() -> None:
    with pytest.raises(ConfigError, match="memory does not belong to the cell lstm"):
        resolved_for("lstm", {"memory": 64}, LARGE, Budget(steps=1))


def test_a_value_out_of_range_names_field_value_and_range() -> None:
    with pytest.raises(ConfigError, match=r"dropout is 1\.5: it must be at least 0 and less than 1"):
        resolved_for("lstm", {"dropout": 1.5}, LARGE, Budget(steps=1))


def test_heads_are_64_wide_unless_the_model_is_narrower() -> None:
    for d_model, n_head, d_head in ((192, 3, 64), (64, 1, 64), (48, 1, 48)):
        model = resolved_for("transformer", {"d_model": d_model}, LARGE, Budget(steps=1)).model
        assert isinstance(model, TransformerConfig)
        assert (model.n_head, model.d_head) == (n_head, d_head)


def test_the_weights_of_a_parent_decide_the_shape() -> None:
    parent = MODEL_CONFIGS["gru"]
    cell, settings = start_from(parent, cell=None, settings={"dropout": 0.5})
    assert cell is not None
    model = resolved_for(cell, settings, CorpusFacts(11, 5000, 0), Budget(steps=1)).model
    assert (model.cell, model.d_model, model.dropout) == ("gru", parent.d_model, 0.5)
    tied, settings = start_from(MODEL_CONFIGS["lstm-tied"], cell=None, settings={"dropout": 0.0})
    assert tied is not None
    undropped = resolved_for(tied, settings, CorpusFacts(11, 5000, 0), Budget(epochs=99)).model
    assert isinstance(undropped, RecurrentConfig)
    assert (undropped.dropout, undropped.input_dropout) == (0.0, 0.0)
    with pytest.raises(ConfigError, match="the model that --from names is a gru"):
        start_from(parent, cell="lstm", settings={})
    with pytest.raises(ConfigError, match="d_model is 99"):
        start_from(parent, cell=None, settings={"d_model": 99})
