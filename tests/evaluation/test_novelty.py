"""Novelty: planted copies are found at their places, and shares equal a count of all n-grams."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.evaluation.novelty import COPY_LENGTH, ORDERS, CopyIndex, Novelty, describe_copying


def noise(n: int, seed: int, letters: str = "abcdefghij é\n") -> str:
    return "".join(np.random.default_rng(seed).choice(list(letters), n))


def test_a_planted_span_of_300_characters_is_found_at_its_place() -> None:
    known = noise(20_000, 1)
    text = noise(700, 2) + known[12_345:12_645] + noise(500, 3) + known[50:150] + noise(20, 4)
    training = CopyIndex(known)
    novelty = training.novelty(text)
    first, second = novelty.spans[:2]
    assert 300 <= first.length < 310 and 100 <= second.length < 110
    assert (
        text[first.start : first.start + first.length]
        == known[first.training_start : first.training_start + first.length]
    )
    assert first.training_start <= 12_345 and first.training_start + first.length >= 12_645
    assert second.training_start <= 50
    assert training.line_number(first.training_start) == known[: first.training_start].count("\n") + 1
    before, copied, after = training.around(first)
    assert before + copied + after in known
    assert novelty.copied == pytest.approx((first.length + second.length) / len(text))


def test_a_long_span_is_found_whole_though_its_beginning_occurs_elsewhere_too() -> None:
    known = noise(100, 1) + "X" + noise(5000, 2) + noise(100, 1) + noise(300, 3)
    text = "YY" + noise(100, 1) + noise(300, 3) + "YY"
    (span,) = [span for span in CopyIndex(known).novelty(text).spans if span.length >= COPY_LENGTH]
    assert (span.start, span.length, span.training_start) == (2, 400, 5101)


@settings(deadline=None, max_examples=40)
@given(st.text(alphabet="abc", min_size=1, max_size=80), st.text(alphabet="abc", min_size=1, max_size=80))
def test_shares_count_the_ngrams_that_occur(known: str, text: str) -> None:
    novelty = CopyIndex(known).novelty(text)
    for n, share in zip(ORDERS, novelty.shares, strict=True):
        grams = [text[start : start + n] for start in range(len(text) - n + 1)]
        assert share == pytest.approx(sum(gram in known for gram in grams) / len(grams) if grams else 0)
    assert sum(span.length for span in novelty.spans) <= sum(len(text) for _ in novelty.spans)
    for span in novelty.spans:
        piece = text[span.start : span.start + span.length]
        assert known[span.training_start : span.training_start + span.length] == piece
        assert text[span.start : span.start + span.length + 1] not in known or span.start + span.length == len(text)
    if novelty.spans:
        longest = max(n for n in range(len(text) + 1) for i in range(len(text) - n + 1) if text[i : i + n] in known)
        assert novelty.spans[0].length == longest


def test_a_copy_of_the_training_text_is_all_copied() -> None:
    known = noise(5000, 1)
    novelty = CopyIndex(known).novelty(known[100:1100])
    assert novelty.copied == 1
    assert novelty.shares == (1.0,) * len(ORDERS)
    assert novelty.spans[0].length == 1000


def test_lines_that_nearly_equal_lines_of_the_training_text_are_named() -> None:
    lines = [noise(60, seed, "abcdefgh ") for seed in range(30)]
    edited = lines[7][:20] + "xyz" + lines[7][23:]
    text = "\n".join([noise(60, 99, "ijklmn"), edited, lines[3], "short", "=" * 60])
    novelty = CopyIndex("\n".join([*lines, "=" * 59])).novelty(text)
    assert [(copy.text, copy.original) for copy in novelty.near_copies] == [(lines[3], lines[3]), (edited, lines[7])]
    assert novelty.near_copies[0].similarity == 1
    assert novelty.near_copies[1].similarity == pytest.approx(57 / 60, abs=0.01)
    assert novelty.n_passages == 3


def test_documents_that_nearly_equal_documents_of_the_training_text_are_named() -> None:
    """Documents whose lines are all too short to be compared."""
    documents = ["\n".join(noise(9, 10 * seed + line, "abcdefgh ") for line in range(6)) for seed in range(20)]
    documents[7] = "\n" + documents[7]
    edited = documents[7].replace("a", "z", 2)
    text = "\n\n".join([noise(60, 99, "ijklmn"), edited, "short"])
    training = CopyIndex("\n\n".join(documents), separator="\n\n")
    novelty = training.novelty(text)
    assert [(copy.text, copy.original) for copy in novelty.near_copies] == [(edited, documents[7])]
    assert novelty.n_passages == 2
    assert not CopyIndex(training.text).novelty(text).near_copies


def test_the_conclusion_compares_with_what_people_write() -> None:
    known = noise(9000, 1)
    training = CopyIndex(known)
    human = training.novelty(noise(2000, 5))

    def conclusion(novelty: Novelty) -> str:
        return describe_copying(novelty, human)

    assert conclusion(training.novelty(noise(2000, 6))).startswith("it does not copy more than people do: 0.0%")
    assert conclusion(training.novelty(noise(1000, 6) + known[:1000])).startswith("it copies: 50.0%")
    phrases = "".join(noise(20, seed) + known[100 * seed : 100 * seed + 30] for seed in range(10, 60))
    assert conclusion(training.novelty(phrases)).startswith(
        "it copies no long passages, but more phrases than people do: "
    )
    assert describe_copying(training.novelty(known[:1000]), None).startswith("100.0% of it")
