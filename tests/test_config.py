"""Configurations check themselves, and say field, value and allowed range."""

from __future__ import annotations

import dataclasses
import re
import typing
from typing import Any, get_args

import pytest

from seqgen.config import (
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    WORD_SPLITS,
    Budget,
    Cell,
    CorpusConfig,
    SamplingConfig,
    SentencePieceConfig,
    TokenizerName,
    TrainingConfig,
    WhitespaceConfig,
    WordConfig,
    checked,
    fields_of,
    is_chosen,
    resolve_word_split,
)
from seqgen.errors import ConfigError
from tests import tiny

TRAINING = TrainingConfig(
    n_streams=2, window=8, learning_rate=0.01, muon_rate=0.02, evaluate_every=5, clip_norm=1.0, weight_decay=0.0
)
CORPUS = CorpusConfig(paths=("a.txt",))
MODELS = [tiny.MODEL_CONFIGS[cell] for cell in MODEL_CONFIGS]
LSTM, RNN, TRANSFORMER = (tiny.MODEL_CONFIGS[cell] for cell in ("lstm", "rnn", "transformer"))

OUT_OF_RANGE: list[tuple[Any, str, Any, str]] = [
    *((model, size, 0, "1 or more") for model in MODELS for size in ("vocab_size", "n_layer", "d_model")),
    *((model, "dropout", value, "at least 0 and less than 1") for model in MODELS for value in (-0.1, 1.0)),
    *(
        (LSTM, drop, value, "at least 0 and less than 1")
        for drop in ("input_dropout", "embedding_dropout", "weight_drop")
        for value in (-0.1, 1.0)
    ),
    (LSTM, "d_embedding", 0, "1 or more, or none"),
    (LSTM, "tie_weights", True, "d_embedding equals d_model (12)"),
    (RNN, "nonlinearity", "sine", "one of tanh, relu"),
    (RNN, "recurrent_init", "zero", "one of orthogonal, identity"),
    *((TRANSFORMER, size, 0, "1 or more") for size in ("n_head", "d_feedforward", "memory")),
    (TRANSFORMER, "memory", 16 * 10**6, "1,048,576 or less"),
    *((TRANSFORMER, "d_head", value, "an even number, 2 or more") for value in (0, 5)),
    (TRANSFORMER, "rope_base", 1.0, "above 1"),
    (TRANSFORMER, "norm_epsilon", 0.0, "above 0"),
    (WordConfig(), "vocab_size", 1, "2 or more"),
    (WhitespaceConfig(), "vocab_size", 1, "2 or more"),
    (SentencePieceConfig(), "vocab_size", 257, "258 or more"),
    (SentencePieceConfig(), "sentencepiece_model", "wordpiece", "one of bpe, unigram"),
    (CORPUS, "documents", " ", "line, blank-line, file, or a text that fills a line"),
    (CORPUS, "documents", "a\nb", "line, blank-line, file, or a text that fills a line"),
    (CORPUS, "documents", "re:(", "regular expression"),
    (CORPUS, "line_ends", "windows", "one of newline, keep"),
    (CORPUS, "valid_fraction", 1.0, "at least 0 and less than 1"),
    (CORPUS, "test_fraction", -0.1, "at least 0 and less than 1"),
    (CORPUS, "test_fraction", 0.9, "below 0.9"),
    *((Budget(), name, 0, "above 0") for name in fields_of(Budget)),
    *((TRAINING, size, 0, "1 or more") for size in ("n_streams", "window", "evaluate_every")),
    *((TRAINING, name, 0, "1 or more, or none") for name in ("valid_tokens", "patience")),
    *((TRAINING, rate, 0.0, "above 0") for rate in ("learning_rate", "muon_rate")),
    (TRAINING, "clip_norm", 0.0, "above 0, or none"),
    (TRAINING, "warmup_steps", -1, "0 or more"),
    (TRAINING, "final_rate", 1.1, "from 0 to 1"),
    *((TRAINING, beta, 1.0, "at least 0 and less than 1") for beta in ("beta1", "beta2", "muon_momentum")),
    *((TRAINING, weight, -0.1, "0 or more") for weight in ("weight_decay", "activation_penalty", "change_penalty")),
    (TRAINING, "average", -1.0, "0 or more, or none"),
    (TRAINING, "optimizer", "sgd", "one of muon, adamw"),
    (TRAINING, "precision", "float16", "one of auto, float32, bfloat16"),
    *((TRAINING, "seed", value, "from 0 to 2^63 - 1") for value in (-1, 2**63)),
    (SamplingConfig(), "temperature", -0.1, "0 or more"),
    (SamplingConfig(), "top_k", 0, "1 or more"),
    *((SamplingConfig(), "top_p", value, "above 0 and at most 1") for value in (0.0, 1.1)),
    (SamplingConfig(), "seed", -1, "0 or more"),
]

NUMBERS = [
    (config, name)
    for config in (*MODELS, CORPUS, Budget(), TRAINING, SamplingConfig())
    for name, hint in typing.get_type_hints(type(config)).items()
    if name in fields_of(type(config)) and hint in (float, float | None)
]


def _id(value: object) -> str:
    return type(value).__name__ if dataclasses.is_dataclass(value) else str(value)


@pytest.mark.parametrize(("config", "field", "value", "allowed"), OUT_OF_RANGE, ids=_id)
def test_a_value_out_of_range_is_named_with_its_field_and_what_is_allowed(
    config: Any,
    field: str,
    value: object,
    allowed: str,
) -> None:
    shown = repr(value).removesuffix(".0")
    with pytest.raises(ConfigError, match=re.escape(f"{field} is {shown}: it must be ") + ".*" + re.escape(allowed)):
        dataclasses.replace(config, **{field: value})


@pytest.mark.parametrize(("config", "field"), NUMBERS, ids=_id)
def test_no_number_can_be_nan_or_infinite(
    config: Any,
    field: str,
) -> None:
    """Neither can be written into a run's record as JSON."""
    for value in (float("nan"), float("inf")):
        with pytest.raises(ConfigError, match=f"{field} is {value!r}: it must be"):
            dataclasses.replace(config, **{field: value})


@pytest.mark.parametrize("given", [{"steps": 1, "epochs": 1}, {"epochs": 1, "minutes": 1}, {"steps": 1, "minutes": 1}])
def test_a_budget_is_one_of_steps_epochs_and_minutes(given: dict[str, Any]) -> None:
    one, other = given
    with pytest.raises(ConfigError, match=f"one of steps, epochs and minutes, not {one} and {other}"):
        Budget(**given)


def test_no_budget_is_five_minutes() -> None:
    assert not Budget().is_set
    assert Budget.default() == Budget(minutes=5)
    assert Budget.default().is_set


def test_the_registries_hold_every_name_once() -> None:
    assert tuple(MODEL_CONFIGS) == get_args(Cell)
    assert tuple(TOKENIZER_CONFIGS) == get_args(TokenizerName)
    assert all(config.cell == name for name, config in MODEL_CONFIGS.items())
    assert all(config.name == name for name, config in TOKENIZER_CONFIGS.items())


def test_the_old_option_of_words_names_a_tokenizer() -> None:
    assert resolve_word_split("word", "whitespace") == "whitespace"
    assert resolve_word_split("word", "pattern") == "word"
    assert set(WORD_SPLITS.values()) <= set(TOKENIZER_CONFIGS)


@pytest.mark.parametrize(
    ("name", "word_split", "message"),
    [
        ("char", "whitespace", "word_split does not belong to the tokenizer char: it belongs to word"),
        ("whitespace", "pattern", "word_split does not belong to the tokenizer whitespace: it belongs to word"),
        ("word", "comma", "word_split is 'comma': it must be one of pattern, whitespace"),
    ],
)
def test_the_old_option_of_words_is_refused_where_it_means_nothing(
    name: TokenizerName, word_split: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        resolve_word_split(name, word_split)


def test_what_is_chosen_has_no_default() -> None:
    chosen = {name for name, field in fields_of(TrainingConfig).items() if is_chosen(field)}
    assert chosen == {
        "n_streams",
        "window",
        "learning_rate",
        "muon_rate",
        "evaluate_every",
        "clip_norm",
        "weight_decay",
    }


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TRAINING.seed = 1  # type: ignore[misc]


def test_a_whole_number_that_is_too_large_for_numpy_is_told_its_bound() -> None:
    with pytest.raises(
        ConfigError, match=r"^steps is 9223372036854775808: it must be a whole number below 2\^63, or None$"
    ):
        checked(Budget, {"steps": 2**63})
