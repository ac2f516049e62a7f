"""Runs beside baselines: paired blocks decide where there are any, and a rule of thumb where there is only a total."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.cli.evaluate.ranking import Pool
from seqgen.cli.evaluate.scoreboard import Line, ScoreTable
from seqgen.cli.evaluate.summary import score_sentence
from seqgen.corpus import encode_text
from seqgen.evaluation import (
    CompressedSize,
    Difference,
    ScoredReading,
    ScoredText,
    TextSelection,
    compare_with_baseline,
    pool,
    readings,
    score_blocks,
)
from seqgen.run import open_model
from seqgen.training.verdict import least_clear_share

N_CHARACTERS = 40_000
HARD = 1.5 + np.sin(np.arange(N_CHARACTERS) / 700)
"""Nats of the characters: passages are hard and easy by turns."""
UNSTEADY = np.repeat(np.random.default_rng(0).choice([-1.0, 1.0], N_CHARACTERS // 500), 500)


@pytest.fixture
def row(run_folder: Path, tmp_path: Path) -> ScoredReading:
    """A reading whose score is that of `HARD`."""
    (tmp_path / "short.txt").write_text("a", encoding="utf-8")
    (reading,) = readings(open_model(run_folder), TextSelection.of([str(tmp_path / "short.txt")]))
    return ScoredReading(reading, scored(reading, HARD))


def scored(reading: object, nats: NDArray[np.float64]) -> ScoredText:
    tokenizer = reading.saved.tokenizer  # type: ignore[attr-defined]
    return score_blocks([nats], encode_text(["a" * len(nats)], tokenizer), tokenizer=tokenizer)


def beside(row: ScoredReading, nats: NDArray[np.float64]) -> Difference:
    difference = compare_with_baseline(row, scored(row.reading, nats), "the n-gram")
    assert difference is not None
    return difference


def test_a_small_lead_in_every_block_is_certain(row: ScoredReading) -> None:
    """The rule of thumb would not see it."""
    assert least_clear_share(N_CHARACTERS) * 1.5 > 0.01
    difference = beside(row, HARD + 0.01)
    assert difference.is_certain
    assert str(difference).endswith(" is better than the n-gram by 0.014 ± 0.000 bits per byte")


def test_a_large_lead_that_comes_and_goes_is_not_certain(row: ScoredReading) -> None:
    """The rule of thumb would believe it."""
    difference = beside(row, HARD + 0.1 + UNSTEADY - UNSTEADY.mean())
    assert abs(difference.bits_per_byte) > least_clear_share(N_CHARACTERS) * (row.score.bits_per_byte or 0)
    assert not difference.is_certain


@pytest.mark.parametrize(("share", "is_certain"), [(1.01, False), (0.99, False), (1.1, True), (0.9, True)])
def test_a_compressor_is_judged_by_the_rule_of_thumb(share: float, is_certain: bool, row: ScoredReading) -> None:
    n_compressed = round(share * (row.score.bits_per_byte or 0) * N_CHARACTERS / 8)
    size = CompressedSize(n_compressed=n_compressed, n_characters=N_CHARACTERS, n_bytes=N_CHARACTERS)
    difference = compare_with_baseline(row, size, "gzip")
    assert difference is not None
    assert difference.is_certain is is_certain
    assert (difference.bits_per_byte > 0) is (share < 1)


def test_several_seeds_are_certain_only_together() -> None:
    assert pool([Difference(-0.2, 0.05), Difference(-0.3, 0.1)], name="lstm").is_certain
    assert not pool([Difference(-0.2, 0.05), Difference(-0.3, 0.31)], name="lstm").is_certain
    assert not pool([Difference(-0.2, 0.05), Difference(0.2, 0.05)], name="lstm").is_certain


def table(row: ScoredReading, nats: NDArray[np.float64]) -> ScoreTable:
    lines = [Line("run", Pool([row])), Line("the n-gram", scored(row.reading, nats))]
    return ScoreTable("key", "a.txt", lines)


@pytest.mark.parametrize(
    ("nats", "first", "second"),
    [
        (
            HARD + 0.01,
            "run predicts a.txt better than every baseline; the lead over the n-gram is 0.014",
            "needs 1% more",
        ),
        (HARD - 0.01, "the n-gram predicts a.txt better than run by 0.014", "more than the best baseline"),
        (HARD + 0.1 + UNSTEADY, "run cannot be told apart on a.txt from the n-gram (", "cannot be told apart from the"),
    ],
    ids=["better", "worse", "alike"],
)
def test_the_words_follow_the_interval(nats: NDArray[np.float64], first: str, second: str, row: ScoredReading) -> None:
    (sentence,) = table(row, nats).sentences
    assert sentence.startswith(first)
    assert second in score_sentence(row, table(row, nats))
