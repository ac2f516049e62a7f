"""A model of pairs reads words in their order, which a bag of words does not know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seqgen.config import Budget, WordConfig
from seqgen.evaluation.prediction_measures import label_baselines
from seqgen.run import open_model
from seqgen.sampling import Predictor
from seqgen.training import Session
from tests import tiny_pairs

KIND, UNKIND = "The food was good, not bad at all.", "The food was bad, not good at all."
NOUNS = ["food", "room", "view", "tea", "host", "music", "bed", "soup"]
OPPOSITES = [("good", "bad"), ("warm", "cold"), ("clean", "dirty"), ("fresh", "stale"), ("bright", "dull")]
PAIRS = [
    (f"The {noun} was {first}, not {second} at all.", label)
    for noun in NOUNS
    for good, bad in OPPOSITES
    for first, second, label in ((good, bad, "kind"), (bad, good, "unkind"))
    if (noun, good) != ("food", "good")
]


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("runs") / "moods"
    text = "".join(f"{source}\t{label}\n" for source, label in PAIRS)
    request = tiny_pairs.request(folder, text=text, cell="gru", budget=Budget(steps=120), valid_fraction=0.0)
    for _ in Session.start(replace(request, tokenizer=WordConfig())).reports():
        pass
    return Predictor(open_model(folder))


def test_a_trained_model_tells_a_sentence_from_its_mirror(predictor: Predictor) -> None:
    assert not {KIND, UNKIND} & {source for source, _ in PAIRS}
    kind, unkind = predictor.predict([KIND, UNKIND])
    assert (kind[0].target, unkind[0].target) == ("kind", "unkind")
    assert min(kind[0].probability, unkind[0].probability) > 0.9


def test_naive_bayes_over_words_does_not() -> None:
    labels = ["kind", "unkind"]
    train = [(source, labels.index(label)) for source, label in PAIRS]
    baselines = label_baselines(train, [KIND, UNKIND], n_labels=2)
    bayes = next(baseline for baseline in baselines if baseline.name == "naive Bayes over words")
    of_kind, of_unkind = bayes.probabilities.tolist()
    assert of_kind == of_unkind
