"""The rule that says whether targets are labels, at its limits, and the words for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.corpus.pairs import are_labels, choose_targets, describe_rule, written_chunks
from seqgen.errors import CorpusError
from seqgen.tokenizers import MARK
from tests.corpus.pairs import open_pairs


def test_a_label_that_occurs_five_times_is_not_rare() -> None:
    assert are_labels(["yes"] * 55 + ["no"] * 5)
    assert not are_labels(["yes"] * 56 + ["no"] * 4)


@pytest.mark.parametrize(
    ("targets", "reason"),
    [
        (["a" * 60, "b"], "2 distinct ones, 1.0 pairs each on average, and labels have 20 or more"),
        (["a"] * 20 + ["b"] * 19 + ["c"], "3 distinct ones, 13 pairs each on average, and labels have 20 or more"),
        ([str(n) for n in range(100)], "100 distinct ones, 1.0 pairs each on average, and labels have 20 or more"),
        (["yes"] * 87 + ["no"] * 5 + ["a", "b"] * 4, "8% of the pairs have one that occurs under 5 times"),
    ],
)
def test_the_first_condition_that_fails_is_the_reason(targets: list[str], reason: str) -> None:
    assert describe_rule(targets) == f"targets are text: {reason}; --targets label makes them labels"


def test_what_was_asked_for_is_said_to_be_asked_for() -> None:
    assert describe_rule(["yes", "no"], "label") == "targets are labels, as asked"
    assert choose_targets([str(n) for n in range(100)], "label") == "label"


@pytest.mark.parametrize(("target", "shown"), [("ab" * 20, "ab" * 20), ("ab" * 20 + "c", "ab" * 20 + "…")])
def test_three_equal_targets_are_enough_to_say_so_and_a_long_one_is_cut(target: str, shown: str) -> None:
    with pytest.raises(CorpusError, match=f"every target of the training part is '{shown}': labels need"):
        choose_targets([target] * 3)


def test_a_model_of_pairs_learns_to_write_targets(tmp_path: Path) -> None:
    corpus = open_pairs(tmp_path, [("one", "1"), ("two", ""), ("three", "3")], valid_fraction=0)
    assert sorted("".join(written_chunks(corpus.parts["train"])).split(MARK)) == ["", "", "1", "3"]
