"""Sentences and tables of scores that few models get: nothing to predict, no baseline, more labels than fit."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seqgen.cli.evaluate.pairs import confusion, mistakes, pools, sentences
from seqgen.cli.evaluate.summary import score_sentence


def a_row(bits: float | None) -> Any:
    score = SimpleNamespace(bits_per_byte=bits, bits_per_character=bits, perplexity=12.345)
    return SimpleNamespace(reading=SimpleNamespace(run_name="m"), score=score)


def a_table(*lines: Any) -> Any:
    return SimpleNamespace(text_name="a text", lines=lines)


def test_a_score_without_bits_is_a_perplexity() -> None:
    assert score_sentence(a_row(None), a_table()) == "m predicts a text with a perplexity of 12.35"


def test_a_score_without_a_baseline_in_bits_stands_alone() -> None:
    hopeless = SimpleNamespace(is_run=False, bits=math.inf, score=None)
    expected = "m needs 2.000 bits per character to predict a text"
    assert score_sentence(a_row(2.0), a_table()) == expected
    assert score_sentence(a_row(2.0), a_table(hopeless)) == expected


def test_a_loss_of_no_target_is_none() -> None:
    loss: Any = SimpleNamespace(nats_per_target=None)
    assert sentences._describe_loss(loss) == "no target can be predicted"


def test_a_model_that_makes_no_mistake_has_no_table_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mistakes, "surest_mistakes", lambda row: [])
    row: Any = SimpleNamespace(name="m")
    mistakes.print_mistakes(row)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("width", [80, 3])
def test_labels_that_do_not_fit_are_summed(width: int) -> None:
    labels = [SimpleNamespace(label=f"a long label {number}", n_true=9 - number) for number in range(4)]
    measures: Any = SimpleNamespace(labels=labels, confusion=np.arange(16).reshape(4, 4))
    table = confusion.confusion_table(measures, width=width)
    assert table.n_shown == {80: 4, 3: 1}[width]
    assert sum(int(cell) for row in table.rows for cell in row[1:]) == 120


def test_differences_of_two_pools_are_told_from_the_first_to_the_second() -> None:
    one, other, third = (SimpleNamespace(name=name) for name in ("one", "other", "third"))
    difference = SimpleNamespace(name="one - other", reversed=SimpleNamespace(name="other - one"))
    comparison: Any = SimpleNamespace(first=one, second=other, differences=[difference])
    first, second, last = (SimpleNamespace(rows=[row]) for row in (one, other, third))

    def between(before: Any, after: Any) -> list[str]:
        return [found.name for found in pools._between(before, after, [comparison])]  # type: ignore[attr-defined]

    assert between(first, second) == ["one - other"]
    assert between(second, first) == ["other - one"]
    assert between(first, last) == []


def explained(table: Any) -> str:
    return " ".join(sentences._explanations(table))


def test_what_ranks_and_what_is_missing_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    measures = "seqgen.evaluation.prediction_measures"
    monkeypatch.setattr(f"{measures}.logistic_regression_note", lambda: "install scikit-learn")
    monkeypatch.setattr(f"{measures}.sentence_scores_note", lambda: "install sacrebleu")
    monkeypatch.setattr(f"{measures}.are_sentences", lambda references: True)
    pair_set = SimpleNamespace(pairs=[])
    row = SimpleNamespace(answers=SimpleNamespace(measures=None), baselines=["majority"], pair_set=pair_set)
    labels = SimpleNamespace(runs=[row], measure="accuracy", lines=[1, 2])
    assert explained(labels) == "install scikit-learn"
    row.baselines = []
    assert explained(SimpleNamespace(runs=[row], measure="exact match", lines=[1, 2])).startswith(
        "ranked by exact match: some rows have no character error rate"
    )
    assert explained(labels) == "--baselines scores baselines beside the runs"
    from seqgen.evaluation.prediction_measures import measure_texts

    row.answers.measures = measure_texts(["2"], [["two"]])
    assert "install sacrebleu" in explained(labels)
