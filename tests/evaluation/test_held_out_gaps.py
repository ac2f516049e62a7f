"""Scores of held-out gaps: the right filling among others, by both models and by each alone."""

from __future__ import annotations

import math
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from seqgen.errors import ConfigError, CorpusError
from seqgen.evaluation.held_out_gaps import GapReading, GapScores, held_out_gaps, score_gaps
from seqgen.run import open_model
from seqgen.sampling.filling import FillModels
from seqgen.tokenizers.alphabet import Alphabet
from tests import tiny
from tests.backward import planted, turned

LETTERS = "abcdefghijklmnopqrstu"
RANDOM = np.random.default_rng(0)


def line() -> str:
    """A middle that both ends together decide, and neither alone."""
    left, right = RANDOM.integers(0, len(LETTERS), 2)
    return f"{LETTERS[left]}.{LETTERS[(left + right) % len(LETTERS)]}.{LETTERS[right]}\n"


TABLE = "".join(line() for _ in range(1500))


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> GapScores:
    folder = tmp_path_factory.mktemp("gaps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return score_gaps(planted(folder, TABLE, order=5), 90)


def test_both_ends_together_find_what_neither_finds_alone(scores: GapScores) -> None:
    """A third of the gaps are in the middle of a line, and in the others the middle and one end are known."""
    assert scores.accuracy("both").value > 0.9
    for side in ("forward to the gap", "backward to the gap"):
        assert scores.accuracy(side).value < 0.6
        gain, plus_minus = scores.gain(side)
        assert gain > plus_minus > 0


def test_the_shares_of_a_gap_add_up_and_the_nats_are_their_mean(scores: GapScores) -> None:
    for reading in get_args(GapReading):
        logs = scores.log_shares[reading]
        assert logs.shape == (90, 20)
        assert np.exp(logs).sum(axis=1) == pytest.approx(np.ones(90))
        assert scores.nats(reading) == pytest.approx(-logs[:, 0].mean())


def test_both_are_the_root_of_the_product(scores: GapScores) -> None:
    mean = (scores.log_shares["forward"] + scores.log_shares["backward"]) / 2
    both = scores.log_shares["both"]
    assert both - both[:, :1] == pytest.approx(mean - mean[:, :1])


def test_a_model_that_knows_nothing_guesses() -> None:
    uniform = np.full((50, 20), -math.log(20.0))
    scores = GapScores(dict.fromkeys(get_args(GapReading), uniform))
    assert scores.accuracy("both").value == 0  # a tie is no hit
    assert scores.nats("forward") == pytest.approx(math.log(20))
    assert scores.gain("forward") == (0.0, 0.0)


def test_candidates_are_other_words_of_the_same_length_and_case() -> None:
    text = tiny.READABLE
    for gap in held_out_gaps([text], 40, length=None, seed=3):
        right, *others = gap.candidates
        assert gap.before + right + gap.after in text
        assert right not in others
        assert len(set(others)) == 19
        assert all(abs(len(other) - len(right)) <= 3 for other in others)


def test_gaps_stay_within_their_document_and_are_the_same_for_a_seed() -> None:
    documents = [f"{letter}a{letter}e sat {letter}o." for letter in LETTERS]
    gaps, same, other = (held_out_gaps(documents, 9, length=None, seed=seed) for seed in (0, 0, 1))
    assert gaps == same != other
    assert all(gap.before + gap.candidates[0] + gap.after in documents for gap in gaps)
    assert all(gap.begins and gap.ends for gap in gaps)


def test_gaps_of_so_many_characters_need_no_words() -> None:
    notes = "".join(RANDOM.choice(list("0123456789|: "), 900))
    gaps = held_out_gaps([notes], 5, length=4, seed=0)
    assert {len(candidate) for gap in gaps for candidate in gap.candidates} == {4}
    with pytest.raises(CorpusError, match=r"has 0 different words: gaps need 20 or more; --length N"):
        held_out_gaps([notes], 5, length=None, seed=0)


def test_too_few_passages_are_not_called_words() -> None:
    with pytest.raises(CorpusError, match=r"has 9 different passages of 100 characters: .* give a smaller --length$"):
        held_out_gaps(["".join(RANDOM.choice(list(LETTERS), 900))], 5, length=100, seed=0)


@pytest.mark.parametrize("length", [None, 4])
def test_what_the_models_cannot_spell_is_no_candidate(length: int | None) -> None:
    """A character that the vocabulary lacks would cost nothing, so the candidate would seem too likely."""
    words = [f"{first}{second}{third}a" for first in "abc" for second in "abcé" for third in "abc"]
    gaps = held_out_gaps(words, 30, length=length, seed=0, alphabet=Alphabet("abc", 0.01))
    assert len(gaps) == 27
    assert not any("é" in candidate for gap in gaps for candidate in gap.candidates)


def test_runs_that_hold_out_different_texts_are_refused(tmp_path: Path) -> None:
    first = open_model(tiny.trained(tmp_path / "first"))
    second = open_model(tiny.trained(tmp_path / "second", valid_fraction=0.2))
    none = open_model(tiny.trained(tmp_path / "none", valid_fraction=0.0))
    if first.tokenizer.fingerprint == second.tokenizer.fingerprint:
        with pytest.raises(ConfigError, match="hold out different texts"):
            score_gaps(FillModels(first, turned(second)), 5)
    with pytest.raises(ConfigError, match="has no validation part"):
        score_gaps(FillModels(none, turned(none)), 5)
