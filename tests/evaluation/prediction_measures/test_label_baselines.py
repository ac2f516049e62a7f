"""Baselines for labels: naive Bayes and logistic regression see a bag of words and nothing else."""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import pytest

from seqgen.evaluation.prediction_measures import (
    NaiveBayes,
    Vocabulary,
    character_ngrams,
    label_baselines,
    logistic_regression_note,
    words,
)
from seqgen.evaluation.prediction_measures.bags import Features

TRAIN = [
    ("The food was good.", 0),
    ("Good, very good!", 0),
    ("Not bad at all.", 0),
    ("The food was bad.", 1),
    ("All of it was bad, not good.", 1),
]
SOURCES = ["good food", "bad", "", "Σ nothing of these"]
MIRRORS = ["The food was good, not bad at all.", "The food was bad, not good at all."]
KINDS = ("words", "character n-grams")
TEXTS, LABELS = [text for text, _ in TRAIN], np.array([label for _, label in TRAIN])


def fitted(features: Features) -> tuple[NaiveBayes, Vocabulary]:
    vocabulary = Vocabulary(TEXTS, features, most=10_000)
    return NaiveBayes(vocabulary.bags(TEXTS), LABELS, shape=(2, len(vocabulary))), vocabulary


def test_naive_bayes_is_as_computed_by_hand() -> None:
    vocabulary = Vocabulary(["a a b", "b"], words, most=10)
    model = NaiveBayes(vocabulary.bags(["a a b", "b"]), np.array([0, 1]), shape=(2, 2))
    odds = (1 / 2 * 3 / 5) / (1 / 2 * 1 / 3)
    assert model.probabilities(vocabulary.bags(["a"]))[0, 0] == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize("features", [words, character_ngrams], ids=["words", "character n-grams"])
def test_naive_bayes_is_that_of_scikit_learn(features: Features) -> None:
    naive_bayes = pytest.importorskip("sklearn.naive_bayes")
    counter = pytest.importorskip("sklearn.feature_extraction.text").CountVectorizer(analyzer=features)
    theirs = naive_bayes.MultinomialNB().fit(counter.fit_transform(TEXTS), LABELS)
    model, vocabulary = fitted(features)
    expected = theirs.predict_proba(counter.transform(SOURCES))
    np.testing.assert_allclose(model.probabilities(vocabulary.bags(SOURCES)), expected, atol=1e-9)


def test_logistic_regression_is_that_of_scikit_learn_over_tf_idf() -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    linear_model = pytest.importorskip("sklearn.linear_model")
    weigh = text.TfidfVectorizer(analyzer=words, sublinear_tf=True)
    theirs = linear_model.LogisticRegression(C=10).fit(weigh.fit_transform(TEXTS), LABELS)
    found = {one.name: one.probabilities for one in label_baselines(TRAIN, SOURCES, n_labels=2)}
    expected = theirs.predict_proba(weigh.transform(SOURCES))
    np.testing.assert_allclose(found["logistic regression over words"], expected, atol=1e-3)


def test_a_fit_that_takes_too_long_ends_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr("seqgen.evaluation.prediction_measures.logistic_regression._MOST_ITERATIONS", 1)
    assert len(list(label_baselines(TRAIN, SOURCES, n_labels=2))) == 5


def test_a_sentence_and_its_mirror_are_one_bag_of_words() -> None:
    model, vocabulary = fitted(words)
    one, other = model.probabilities(vocabulary.bags(MIRRORS))
    assert one.tolist() == other.tolist() and one[0] != 0.5


def test_logistic_regression_cannot_tell_a_sentence_from_its_mirror_by_words_but_by_character_ngrams() -> None:
    pytest.importorskip("sklearn")
    found = {one.name: one.probabilities for one in label_baselines(TRAIN, MIRRORS, n_labels=2)}
    by_words, by_ngrams = (found[f"logistic regression over {kind}"] for kind in ("words", "character n-grams"))
    assert by_words[0].tolist() == by_words[1].tolist()
    assert by_ngrams[0].tolist() != by_ngrams[1].tolist()


def test_every_baseline_gives_probabilities_of_all_labels() -> None:
    pytest.importorskip("sklearn")
    found = list(label_baselines(TRAIN, SOURCES, n_labels=3))
    assert [one.name for one in found] == [
        "commonest label",
        *(f"{model} over {kind}" for kind in KINDS for model in ("naive Bayes", "logistic regression")),
    ]
    for one in found:
        assert one.probabilities.shape == (4, 3) and one.n_train == len(TRAIN)
        np.testing.assert_allclose(one.probabilities.sum(axis=1), 1)
        assert not one.probabilities[:, 2].any(), "no training pair has the third label"
    for one in found[1:4]:
        assert one.probabilities[:2].argmax(axis=1).tolist() == [0, 1], one.name


def test_the_commonest_label_has_its_share_of_the_training_pairs() -> None:
    first = next(label_baselines(TRAIN, SOURCES, n_labels=2))
    assert first.probabilities.tolist() == [[0.6, 0.4]] * 4


def test_the_order_of_the_training_pairs_plays_no_part() -> None:
    one, other = (list(label_baselines(pairs, SOURCES, n_labels=2))[1::2] for pairs in (TRAIN, TRAIN[::-1]))
    for first, second in zip(one, other, strict=True):
        np.testing.assert_allclose(first.probabilities, second.probabilities)


def test_one_label_alone_is_no_error() -> None:
    found = list(label_baselines([("a", 0), ("b", 0)], ["c"], n_labels=1))
    assert all(one.probabilities.tolist() == [[1.0]] for one in found)


def test_no_training_source_with_a_word_is_no_error() -> None:
    found = list(label_baselines([("", 0), ("", 1), ("", 1)], ["a"], n_labels=2))
    for one in found:
        assert one.probabilities[0].tolist() == pytest.approx([1 / 3, 2 / 3], abs=0.05), one.name


def test_without_scikit_learn_logistic_regression_is_left_out_and_the_remedy_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert logistic_regression_note() == "logistic regression needs another package: pip install scikit-learn"
    names = [one.name for one in label_baselines(TRAIN, SOURCES, n_labels=2)]
    assert names == ["commonest label", *(f"naive Bayes over {kind}" for kind in KINDS)]


def test_only_the_first_training_sources_are_learned_from_where_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for most, n_learned in ((40, 2), (1, 1)):
        monkeypatch.setattr("seqgen.evaluation.prediction_measures.baselines_of_labels._MOST_CHARACTERS", most)
        found = list(label_baselines(TRAIN, SOURCES, n_labels=2))
        assert [one.n_train for one in found[:2]] == [5, n_learned]


def test_only_the_commonest_features_are_learned_where_there_are_many_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.evaluation.prediction_measures.baselines_of_labels._MOST_WEIGHTS", 4)
    commonest, naive_bayes, *_ = label_baselines(TRAIN, [".", "bad", "good"], n_labels=2)
    is_known = np.abs(naive_bayes.probabilities - commonest.probabilities).sum(axis=1) > 0.01
    assert is_known.tolist() == [True, True, False]


def test_character_ngrams_have_one_to_four_characters() -> None:
    assert Counter(map(len, character_ngrams("Alan"))) == {1: 6, 2: 5, 3: 4, 4: 3}


def test_a_vocabulary_keeps_what_most_texts_have() -> None:
    vocabulary = Vocabulary(["a a a b", "b c", "c"], words, most=2)
    assert vocabulary.bags(["a b c"]).ids.tolist() == [0, 1]
    assert len(vocabulary) == 2
