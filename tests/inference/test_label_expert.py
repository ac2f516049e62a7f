"""The linear expert for labels: which n-grams a source has, what their weights make of it, and how it is mixed."""

from __future__ import annotations

import numpy as np
import pytest

from seqgen.inference import LabelExpert, MixingPowers, NgramKinds, SourceRows, rows_of

R = 2**16
ALL = NgramKinds()
LETTERS = NgramKinds(words=0, characters=2)
WORDS = NgramKinds(words=2, characters=0)


def rows(source: str, kinds: NgramKinds = ALL) -> set[int]:
    return set(rows_of([source], kinds, n_rows=R).rows.tolist())


def an_expert(n_labels: int = 3) -> LabelExpert:
    table = np.random.default_rng(0).normal(size=(R, n_labels)).astype(np.float16)
    return LabelExpert(table, kinds=NgramKinds(), powers=MixingPowers(0.5, 0.75))


def test_every_different_ngram_has_a_row() -> None:
    assert len(rows("abab", LETTERS)) == 1 + len({" ", "a", "b", " a", "ab", "ba", "b "})
    assert len(rows("not bad, not good", WORDS)) == 1 + len({"not", "bad", ",", "good"}) + 4  # and 4 pairs


def test_rows_never_change_because_model_files_depend_on_them() -> None:
    known = [0, 5074, 14108, 25054, 32025, 52554, 16830, 41741, 55376, 59532, 65116]
    assert rows_of(["Ab, c"], NgramKinds(words=2, characters=1), n_rows=R).rows.tolist() == known


def test_the_order_of_words_is_seen_only_in_longer_ngrams() -> None:
    assert rows("good, not bad", NgramKinds(words=1, characters=0)) == rows(
        "bad, not good", NgramKinds(words=1, characters=0)
    )
    assert rows("good, not bad", WORDS) != rows("bad, not good", WORDS)


def test_a_word_is_not_the_same_characters_within_a_word() -> None:
    assert rows("ab cd", NgramKinds(words=1, characters=0)) & rows("ab cd", NgramKinds(words=0, characters=2)) == {0}


def test_a_single_word_is_read_by_its_characters_only() -> None:
    assert rows("Word", WORDS) == {0}
    assert rows("Word", NgramKinds(words=2, characters=3)) == rows("Word", NgramKinds(words=0, characters=3))


def test_case_and_white_space_do_not_count() -> None:
    assert rows("  Not\tBAD \n") == rows("not bad")


@pytest.mark.parametrize("source", ["", " \t", "\udcff", "日本語", "a" * 5000, "𝄞\u0301", "\x00\x1f"])
def test_any_source_has_rows_and_probabilities(source: str) -> None:
    found = rows_of([source], NgramKinds(), n_rows=R)
    assert found.rows[0] == 0
    assert found.rows[1:].min() > 0
    assert np.square(found.values[1:]).sum() == pytest.approx(1)
    p = an_expert().probabilities([source])
    assert p.sum() == pytest.approx(1)
    assert p.min() > 0


def test_a_source_has_the_same_rows_and_probabilities_in_any_company() -> None:
    sources = ["Not bad at all.", "", "Müller", "x", "good, not bad", "日本"] * 3
    together, expert = rows_of(sources, NgramKinds(), n_rows=R), an_expert()
    alone = [rows_of([source], NgramKinds(), n_rows=R) for source in sources]
    np.testing.assert_array_equal(together.rows, np.concatenate([one.rows for one in alone]))
    np.testing.assert_array_equal(together.values, np.concatenate([one.values for one in alone]))
    p = np.concatenate([expert.probabilities([source]) for source in sources])
    np.testing.assert_allclose(expert.probabilities(sources), p, rtol=1e-6)


def test_no_sources_have_no_probabilities() -> None:
    found: SourceRows = rows_of([], NgramKinds(), n_rows=R)
    assert (len(found.rows), found.starts.tolist()) == (0, [0])
    assert an_expert().probabilities([]).shape == (0, 3)


def test_many_labels_and_long_sources_are_weighed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = ["one", "two words", "", "three small words"] * 4
    whole = an_expert().probabilities(sources)
    for n_weights in (1, 60, 200):
        monkeypatch.setattr("seqgen.inference.label_expert._BLOCK", n_weights)
        monkeypatch.setattr("seqgen.inference.source_ngrams._BLOCK", n_weights)
        np.testing.assert_array_equal(an_expert().probabilities(sources), whole)


def test_the_weights_of_a_source_add_up() -> None:
    table = np.zeros((R, 2), np.float16)
    (row,) = rows("a", NgramKinds(words=0, characters=1)) - rows("", NgramKinds(words=0, characters=1))
    table[0], table[row] = (0.5, 0), (0, 3)
    expert = LabelExpert(table, kinds=NgramKinds(words=0, characters=1), powers=MixingPowers(1, 1))
    logits = np.array([[0.5, 3 / np.sqrt(2)], [0.5, 0]])  # a source of an a and spaces; spaces alone
    odds = np.exp(logits)
    np.testing.assert_allclose(expert.probabilities(["a", ""]), odds / odds.sum(axis=1, keepdims=True), rtol=1e-6)


def test_a_mixture_multiplies_powers_of_probabilities() -> None:
    network, expert = np.array([[0.2, 0.8]]), np.array([[0.5, 0.5]])
    np.testing.assert_allclose(MixingPowers(1.0, 0.7).mix(network, expert), network)
    np.testing.assert_allclose(MixingPowers(0.0, 1.0).mix(network, expert), expert)
    np.testing.assert_allclose(MixingPowers(2.0, 1.0).mix(network, expert), [[0.04 / 0.68, 0.64 / 0.68]])
    certain = MixingPowers(1.0, 1.0).mix(np.array([[1.0, 0.0]], np.float32), np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(certain, [[0.5, 0.5]])
