"""Predicting the targets of many sources at once."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from seqgen.config import PredictionConfig
from seqgen.errors import ConfigError
from seqgen.run import SavedModel
from seqgen.sampling import Predictor, predict_labels, predict_texts
from seqgen.tokenizers.label import LabelTokenizer
from tests.sampling.pair_models import KINDS, encode_target, torch_log_probability, with_longest_target

SOURCES = ["abc", "", "d", "abcdabcd", "dcba", "aa", "bd", "abcdabcdabcd"]
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_many_sources_at_once_have_the_targets_of_each_alone(texts: dict[str, SavedModel], kind: str) -> None:
    together = predict_texts(texts[kind], SOURCES, beam=3, top=3)
    for source, found in zip(SOURCES, together, strict=True):
        (alone,) = predict_texts(texts[kind], [source], beam=3, top=3)
        assert [prediction.target for prediction in found] == [prediction.target for prediction in alone]
        for one, other in zip(found, alone, strict=True):
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-5)


@every_kind
def test_a_beam_as_wide_as_all_targets_finds_the_best_of_them(texts: dict[str, SavedModel], kind: str) -> None:
    """A target has at most four tokens, its end included, so there are 85 of them: of up to three letters."""
    model = with_longest_target(texts[kind], 2)
    targets = ["".join(letters) for n in range(4) for letters in itertools.product("abcd", repeat=n)]
    scores = {}
    for target in targets:
        ids = encode_target(model, target)
        scores[target] = torch_log_probability(model, "abca", ids) / len(ids) ** PredictionConfig.length_power
    best = sorted(scores, key=lambda target: -scores[target])
    (found,) = predict_texts(model, ["abca"], beam=500, top=10)
    assert [prediction.target for prediction in found] == best[:10]
    assert predict_texts(model, ["abca"], beam=500)[0][0].target == best[0]


@every_kind
def test_the_log_probabilities_are_those_of_the_torch_module(texts: dict[str, SavedModel], kind: str) -> None:
    for source, found in zip(SOURCES, predict_texts(texts[kind], SOURCES, beam=4, top=4), strict=True):
        for prediction in found:
            expected = torch_log_probability(texts[kind], source, [*prediction.ids, 0])
            assert prediction.log_probability == pytest.approx(expected, abs=1e-3)


@every_kind
def test_several_targets_are_different_and_the_best_first(texts: dict[str, SavedModel], kind: str) -> None:
    (found,) = predict_texts(texts[kind], ["abcd"], beam=5, top=8)
    scores = [each.log_probability / (len(each.ids) + 1) ** PredictionConfig.length_power for each in found]
    assert len({prediction.target for prediction in found}) == len(found) == 8
    assert scores == sorted(scores, reverse=True)


def test_a_beam_of_one_always_takes_the_likeliest_token(texts: dict[str, SavedModel]) -> None:
    model = texts["gru"]
    (found,) = predict_texts(model, ["abc"], beam=1)
    ids: list[int] = []
    assert found[0].ending == "end-of-text"
    for token in [*found[0].ids, 0]:
        logs = [torch_log_probability(model, "abc", [*ids, other]) for other in range(model.tokenizer.vocab_size)]
        assert int(np.argmax(logs)) == token
        ids.append(token)


def without_end(model: SavedModel) -> SavedModel:
    """The same model, if it hardly ever ended a target."""
    bias = model.weights["head.bias"] - np.eye(5, dtype=np.float32)[0] * 50
    return replace(model, weights={**model.weights, "head.bias": bias})


def test_a_target_that_does_not_end_is_cut_off(texts: dict[str, SavedModel]) -> None:
    (found,) = predict_texts(without_end(with_longest_target(texts["gru"], 3)), ["ab"])
    assert (found[0].ending, len(found[0].ids)) == ("length", 5)


def test_a_target_is_cut_off_whatever_length_the_record_claims(
    texts: dict[str, SavedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.sampling.prediction.predictor._MOST_TOKENS_EVER", 50)
    n_tokens = 10**9
    part = replace(texts["gru"].record.corpus.parts["train"], n_tokens=n_tokens)
    corpus = replace(texts["gru"].record.corpus, parts={"train": part})
    model = replace(texts["gru"], record=replace(texts["gru"].record, corpus=corpus))
    (found,) = predict_texts(without_end(with_longest_target(model, n_tokens)), ["ab"])
    assert (found[0].ending, len(found[0].ids)) == ("length", 49)


@every_kind
def test_labels_have_the_probabilities_of_the_torch_module(labels: dict[str, SavedModel], kind: str) -> None:
    model = labels[kind]
    found = predict_labels(model, SOURCES)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    for source, row in zip(SOURCES, found, strict=True):
        logs = [torch_log_probability(model, source, [token]) for token in (1, 2)]
        assert row[0] / row[1] == pytest.approx(math.exp(logs[0] - logs[1]), rel=1e-3)


@every_kind
def test_labels_of_many_sources_are_those_of_each_alone(labels: dict[str, SavedModel], kind: str) -> None:
    together = predict_labels(labels[kind], SOURCES)
    alone = np.vstack([predict_labels(labels[kind], [source]) for source in SOURCES])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@every_kind
def test_long_sources_are_read_in_smaller_batches(
    texts: dict[str, SavedModel], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = predict_texts(texts[kind], SOURCES)
    monkeypatch.setattr("seqgen.sampling.prediction.predictor._MOST_SCORES", 100)
    assert [[each.target for each in found] for found in predict_texts(texts[kind], SOURCES)] == [
        [each.target for each in found] for found in together
    ]


@pytest.mark.parametrize("kind", ["gru", "none"])
def test_one_long_source_is_read_apart_from_many_short_ones(texts: dict[str, SavedModel], kind: str) -> None:
    read = []
    predictor = Predictor(texts[kind])
    for numbers in predictor._batches([np.zeros(n, np.int32) for n in [500, *[3] * 99, 7]], n_streams=200):
        read.append(sorted(numbers))
    assert read == [[*range(1, 100)], [0, 100]]


def test_predicted_labels_are_the_likeliest(labels: dict[str, SavedModel]) -> None:
    model = labels["gru"]
    (row,) = predict_labels(model, ["abc"])
    (found,) = Predictor(model, PredictionConfig(top=5)).predict(["abc"])
    assert isinstance(model.tokenizer, LabelTokenizer)
    assert [prediction.target for prediction in found] == [
        model.tokenizer.labels[number] for number in np.argsort(-row)
    ]
    assert [prediction.probability for prediction in found] == pytest.approx(sorted(row, reverse=True))


def test_no_sources_have_no_targets(texts: dict[str, SavedModel], labels: dict[str, SavedModel]) -> None:
    assert predict_texts(texts["gru"], []) == []
    assert predict_labels(labels["gru"], []).shape == (0, 2)


def test_labels_and_texts_are_not_confused(texts: dict[str, SavedModel], labels: dict[str, SavedModel]) -> None:
    with pytest.raises(ConfigError, match="are labels, not text"):
        predict_texts(labels["gru"], ["a"])
    with pytest.raises(ConfigError, match="are text, not labels"):
        predict_labels(texts["gru"], ["a"])
