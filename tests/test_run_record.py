"""What the record of a run says about itself, in numbers and words."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from seqgen.run import RunRecord, open_model
from tests import tiny


@pytest.fixture
def record(run_folder: Path) -> RunRecord:
    return open_model(run_folder).record


def with_part(record: RunRecord, **changes: Any) -> RunRecord:
    """The record of a run whose training part is another one."""
    part = dataclasses.replace(record.corpus.parts["train"], **changes)
    corpus = dataclasses.replace(record.corpus, parts={**record.corpus.parts, "train": part})
    return dataclasses.replace(record, corpus=corpus)


def from_files(record: RunRecord, *paths: str) -> RunRecord:
    config = dataclasses.replace(record.corpus.config, paths=paths)
    return dataclasses.replace(record, corpus=dataclasses.replace(record.corpus, config=config))


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (("-",), "standard input"),
        (("a/b.txt", "c.txt", "d.txt"), "b.txt, c.txt, d.txt"),
        (("a", "b", "c", "d", "e"), "a, b, c and 2 more"),
    ],
)
def test_a_model_learned_from_at_most_three_names_and_a_number(
    record: RunRecord, paths: tuple[str, ...], words: str
) -> None:
    assert from_files(record, *paths).learned_from == words


def test_a_model_learned_from_what_its_parent_learned_from_too(record: RunRecord) -> None:
    begun = dataclasses.replace(record, texts="letters", begun_from="english, which learned from books")
    assert begun.learned_from == "letters and was itself begun from english, which learned from books"


def test_a_look_up_leaves_out_what_the_parent_learned_from(record: RunRecord) -> None:
    assert record.lookup_limit is None
    limits = [dataclasses.replace(record, parent="0" * 64, begun_from=name).lookup_limit for name in ("english", None)]
    start = "only the run's own text is looked up, not what it was begun from: "
    assert limits == [f"{start}english", f"{start}another model"]


def test_characters_that_have_no_token_do_not_lengthen_tokens(record: RunRecord) -> None:
    assert with_part(record, n_characters=90, n_oov=10, n_tokens=40).characters_per_token == 2.0
    assert with_part(record, n_characters=None).characters_per_token is None
    assert with_part(record, n_tokens=0).characters_per_token is None


@pytest.mark.parametrize(
    ("longest", "n_characters", "has_labels"), [(1, 9, True), (2, 9, False), (None, 9, False), (1, 0, False)]
)
def test_labels_are_targets_of_one_token(
    record: RunRecord, longest: int | None, n_characters: int, has_labels: bool
) -> None:
    assert with_part(record, longest_target=longest, n_characters=n_characters).has_labels == has_labels


def test_a_window_without_a_beginning_needs_a_target_longer_than_it(record: RunRecord) -> None:
    window = record.training.window
    pairs = dataclasses.replace(record, encoder=tiny.encoder_config())
    assert not with_part(pairs, longest_target=window).may_skip_encoder
    assert with_part(pairs, longest_target=window + 1).may_skip_encoder
    assert with_part(pairs, longest_target=None).may_skip_encoder
    assert not with_part(record, longest_target=window + 1).may_skip_encoder
