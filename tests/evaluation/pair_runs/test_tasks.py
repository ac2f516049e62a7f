"""What models answer to sources, and what counts as right."""

from __future__ import annotations

import numpy as np
import pytest

from seqgen.config import PredictionConfig
from seqgen.corpus import Pair
from seqgen.evaluation.pair_runs.label_task import LabelTask
from seqgen.evaluation.pair_runs.text_task import TextTask
from seqgen.evaluation.prediction_measures import LabelMeasures, TextMeasures
from seqgen.run import SavedModel
from seqgen.sampling import predict_labels, predict_texts

CONFIG = PredictionConfig()


def test_labels_are_answered_as_predict_does(labels: SavedModel) -> None:
    pairs = [Pair("abc", "yes"), Pair("bcd", "no"), Pair("dd", "no")]
    answers, loss = LabelTask(pairs, ["yes", "no"]).answer(labels, CONFIG)
    found = predict_labels(labels, [pair.source for pair in pairs])
    assert answers.predictions == [["yes", "no"][number] for number in found.argmax(axis=1)]
    np.testing.assert_allclose(loss.nats, -np.log(found[[0, 1, 2], [0, 1, 1]]))
    assert isinstance(answers.measures, LabelMeasures)
    assert answers.measures.log_loss_nats == pytest.approx(loss.nats_per_target)
    assert loss.bits_per_character is None


def test_a_label_that_the_training_part_lacks_is_a_mistake_without_a_loss(labels: SavedModel) -> None:
    answers, loss = LabelTask([Pair("abc", "perhaps"), Pair("a", "yes")], ["yes", "no"]).answer(labels, CONFIG)
    assert not answers.is_right[0]
    assert isinstance(answers.measures, LabelMeasures)
    scores = [label.f1 for label in answers.measures.labels if label.f1 is not None]
    assert answers.measures.macro_f1 == pytest.approx(sum(scores) / (len(scores) + 1))  # `perhaps` has an F1 of 0
    assert (np.isnan(loss.nats).tolist(), loss.n_targets) == ([True, False], 1)


def test_baselines_learn_from_the_training_pairs_whose_labels_the_model_has() -> None:
    train = [Pair("good", "kind"), Pair("so so", "neither"), Pair("fine", "kind"), Pair("bad", "unkind")]
    task = LabelTask([Pair("good", "kind")], ["kind", "unkind"])
    commonest, *_ = task.baselines(train)
    assert commonest.probabilities is not None
    assert commonest.probabilities.tolist() == pytest.approx([2 / 3])


def test_texts_are_answered_as_predict_does(texts: dict[str, SavedModel]) -> None:
    pairs = [Pair("abc", "cba"), Pair("", ""), Pair("dd", "dd")]
    answers, _ = TextTask(pairs).answer(texts["gru"], CONFIG)
    found = predict_texts(texts["gru"], [pair.source for pair in pairs])
    assert answers.predictions == [best.target for best, *_ in found]
    assert answers.probabilities is not None
    assert answers.probabilities.tolist() == pytest.approx([best.probability for best, *_ in found])


def test_each_target_of_a_source_is_right(texts: dict[str, SavedModel]) -> None:
    (found,) = predict_texts(texts["gru"], ["abc"])
    pairs = [Pair("abc", "no such target"), Pair("abc", found[0].target), Pair("a", "no such target")]
    answers, loss = TextTask(pairs).answer(texts["gru"], CONFIG)
    assert answers.is_right.tolist() == [True, True, False]
    assert isinstance(answers.measures, TextMeasures)
    assert answers.measures.exact_match.value == 0.5  # of two different sources
    assert len(loss.nats) == 3


def test_the_surest_mistakes_come_first_and_each_source_once(texts: dict[str, SavedModel]) -> None:
    pairs = [Pair(source, f"no such target {n}") for source in ("abc", "d", "abca") for n in (1, 2)]
    answers, _ = TextTask(pairs).answer(texts["gru"], CONFIG)
    mistakes = answers.surest_mistakes([pair.source for pair in pairs])
    assert answers.probabilities is not None
    assert sorted(mistakes) == [0, 2, 4]
    assert np.all(np.diff(answers.probabilities[mistakes]) <= 0)


def test_case_counts_for_bleu_unless_it_is_ignored() -> None:
    pairs = [Pair("A small cat sat down", "a small cat sat down")]
    for ignores_case, is_lower in ((False, False), (True, True)):
        copied = next(TextTask(pairs, ignores_case=ignores_case).baselines(pairs))
        bleu = copied.measures.to_json()["bleu"]
        assert (round(bleu) == 100) == is_lower


def test_unknown_characters_of_sources_are_noted(texts: dict[str, SavedModel]) -> None:
    answers, _ = TextTask([Pair("a漢", "a")]).answer(texts["gru"], CONFIG)
    assert answers.notes == ["the model does not know '漢': read as the unknown token"]
    answers, _ = TextTask([Pair("漢字仮名遣", "a")]).answer(texts["gru"], CONFIG)
    assert [note[:24] for note in answers.notes[:4]] == ["the model does not know "] * 3 + ["more characters or words"]
