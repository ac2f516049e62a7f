"""Readings with their scores: which are compared, what is warned of, and what a report of them says."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seqgen.corpus import CorpusPart
from seqgen.evaluation import (
    Comparison,
    Context,
    Reading,
    ScoredReading,
    TextSelection,
    compare_all,
    in_first_mode,
    readings,
    split_warnings,
)
from seqgen.run import open_model
from tests import tiny

COLD = Context.parse("cold:8")
LONG = tiny.TEXT * 2


@pytest.fixture
def read(run_folder: Path, tmp_path: Path) -> Callable[..., ScoredReading]:
    """Scores a text under the tiny run, opened again each time."""

    def score(text: str, mode: Context | None = None, name: str = "a.txt") -> ScoredReading:
        (tmp_path / name).write_text(text, encoding="utf-8")
        (reading,) = readings(open_model(run_folder), TextSelection.of([str(tmp_path / name)]), mode=mode)
        return ScoredReading.of(reading)

    return score


def pairs_of(rows: list[ScoredReading]) -> list[tuple[int, int]]:
    """The numbers of the rows that are compared."""
    numbers = {id(row): number for number, row in enumerate(rows)}
    return [(numbers[id(found.first)], numbers[id(found.second)]) for found in compare_all(rows)]


def test_two_runs_are_compared_on_equal_texts_in_one_mode(read: Callable[..., ScoredReading]) -> None:
    text, other, longer = "Mina sat.", "Mina ran.", "Mina sat by."
    rows = [read(text), read(text, name="b.txt"), read(other), read(longer), read(text, COLD)]
    assert pairs_of(rows) == [(0, 1)]


def test_one_run_is_compared_with_itself_in_two_modes(read: Callable[..., ScoredReading]) -> None:
    first = read("Mina sat.")
    second = ScoredReading.of(dataclasses.replace(first.reading, mode=COLD))
    assert pairs_of([first, second]) == [(0, 1)]
    assert second.score.mode == COLD


def test_a_comparison_says_which_run_is_better_or_why_it_cannot(read: Callable[..., ScoredReading]) -> None:
    short, long = read("Mina sat."), read(LONG)
    assert Comparison.of(short, short).sentence.startswith("a.txt: not compared: a comparison needs a text of")
    comparison = Comparison.of(long, long)
    assert comparison.sentence == f"a.txt: {comparison.difference}"
    path = str(long.reading.saved.path)
    assert comparison.difference is not None
    assert comparison.to_json() == {
        "compared": [path, path],
        "contexts": ["carried", "carried"],
        "text": long.reading.name,
        "difference": comparison.difference.to_json(),
    }
    assert Comparison.of(short, short).to_json()["difference"] is None


def test_a_report_says_which_text_was_read_and_how_sure_its_score_is(
    read: Callable[..., ScoredReading], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["seqgen.evaluation.compare"], "MIN_BYTES_ALONE", len(LONG))
    row = read(LONG)
    report = row.to_json()
    assert report.items() >= row.score.to_json().items()
    assert (report["run"], report["text"], report["part"]) == (str(row.reading.saved.path), row.reading.name, None)
    assert row.plus_minus and row.reading.overlap
    assert (report["bits_per_byte_plus_minus"], report["training_overlap"]) == (row.plus_minus, row.reading.overlap)


def test_facts_that_do_not_depend_on_the_mode_are_told_once(read: Callable[..., ScoredReading]) -> None:
    first = read("Mina sat.")
    other_text = ScoredReading.of(dataclasses.replace(first.reading, name="b.txt"))
    other_mode = ScoredReading.of(dataclasses.replace(first.reading, mode=COLD))
    assert in_first_mode([first, other_mode, other_text]) == [first, other_text]
    assert in_first_mode([first, other_mode]) == [first]


@pytest.fixture
def own_text(run_folder: Path) -> Iterator[Reading]:
    """The validation part of the tiny run."""
    (reading,) = readings(open_model(run_folder), TextSelection(part="valid"))
    yield reading


def test_runs_that_split_one_text_at_different_places_are_warned_of(own_text: Reading) -> None:
    assert isinstance(own_text.source, CorpusPart)
    other = dataclasses.replace(own_text, source=dataclasses.replace(own_text.source, end=own_text.source.end - 100))
    row, moved = ScoredReading.of(own_text), ScoredReading.of(other)
    (warning,) = split_warnings([row, moved])
    assert warning.startswith("tiny and tiny split tiny.txt (valid) differently: each may have been trained on text")
    assert split_warnings([row, row]) == []
    whole = ScoredReading(dataclasses.replace(other, part=None), moved.scored)
    text = dataclasses.replace(other.source.text, sha256="0" * 64)
    elsewhere = dataclasses.replace(other, source=dataclasses.replace(other.source, text=text))
    for rows in ([row, whole], [whole, row], [row, ScoredReading(elsewhere, moved.scored)]):
        assert not [warning for warning in split_warnings(rows) if "differently" in warning]


@pytest.mark.parametrize(
    ("overlap", "warning"),
    [
        (None, "the training text of tiny is not found, so nobody can say how much of it occurs in a.txt: --corpus"),
        (0.5, "50.0% of the passages of 50 characters in a.txt also occur in the training text of tiny, so these"),
        (0.0, None),
    ],
)
def test_another_text_is_warned_of_if_it_was_trained_on_or_nobody_knows(
    overlap: float | None, warning: str | None, read: Callable[..., ScoredReading]
) -> None:
    row = read("Mina sat.")
    found = split_warnings([dataclasses.replace(row, reading=dataclasses.replace(row.reading, overlap=overlap))])
    assert [sentence[: len(warning or "")] for sentence in found] == ([warning] if warning else [])


def test_the_whole_text_of_a_run_is_warned_of_and_its_own_parts_are_not(
    own_text: Reading, read: Callable[..., ScoredReading]
) -> None:
    assert split_warnings([read(tiny.TEXT)]) == ["tiny was trained on part of a.txt, so its scores are optimistic"]
    assert split_warnings([ScoredReading.of(own_text)]) == []
