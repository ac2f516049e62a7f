"""The n-gram model: a proper distribution, equal to the formula written out, and better with longer contexts."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from seqgen.evaluation.ngram import NgramModel

TEXT = [1, 2, 3, 1, 2, 1, 3, 3, 1, 2, 1, 2, 2, 4, 1, 2, 3, 1]
V = 6


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_the_probabilities_after_any_context_sum_to_one(order: int) -> None:
    model = NgramModel(np.array(TEXT), order=order, vocab_size=V)
    for context in ([], [1], [1, 2], [5, 5], [3, 1, 2]):
        total = sum(math.exp(-model.nats(np.array([*context, token]))[-1]) for token in range(V))
        assert total == pytest.approx(1)


def test_it_is_modified_kneser_ney_written_out() -> None:
    """Order 2 by hand: discounted bigram counts, and below them the number of contexts each id was seen in."""
    padded = [0, *TEXT]
    bigrams = Counter(zip(padded, TEXT, strict=False))
    left = Counter(second for _, second in bigrams)

    def discounts(counts: Counter[object]) -> list[float]:
        n = [sum(count == number for count in counts.values()) for number in range(5)]
        y = n[1] / (n[1] + 2 * n[2])
        return [0, *(i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3))]

    high, low = discounts(Counter(bigrams)), discounts(Counter(left))
    followers = defaultdict(list)
    for (first, _), count in bigrams.items():
        followers[first].append(count)
    expected = []
    for first, second in zip([0, 2, 4], [2, 4, 1], strict=True):
        taken = sum(low[min(count, 3)] for count in left.values())
        unigram = (left[second] - low[min(left[second], 3)] + taken / V) / sum(left.values())
        taken = sum(high[min(count, 3)] for count in followers[first])
        discounted = bigrams[first, second] - high[min(bigrams[first, second], 3)]
        expected.append((discounted + taken * unigram) / sum(followers[first]))
    model = NgramModel(np.array(TEXT), order=2, vocab_size=V)
    np.testing.assert_allclose(np.exp(-model.nats(np.array([2, 4, 1]))), expected)


def test_a_count_may_be_discounted_entirely() -> None:
    """A hundred bigrams occur once, two twice, one three times, none more often: D(1) is 0.96, and D(3) is 3."""
    fillers = np.arange(10, 107)
    ids = np.concatenate([np.tile([1, 2], 2), np.tile([3, 4], 3), fillers])
    model = NgramModel(ids, order=2, vocab_size=200)
    counts = Counter(zip([0, *ids.tolist()], ids.tolist(), strict=False))
    n = Counter(counts.values())
    y = n[1] / (n[1] + 2 * n[2])
    assert n[4] == 0 and y > 0.95
    after_filler, alone = (math.exp(-model.nats(np.array(text))[-1]) for text in ([10, 11], [150, 11]))
    assert after_filler == pytest.approx(1 - y + y * alone)  # nothing of the bigram is left but 1 - D(1)


@pytest.mark.parametrize("text", [[1, 2, 3] * 20, [1, 2, 1, 2, 3], [1]])
def test_discounts_that_cannot_be_estimated_are_the_fallback(text: list[int]) -> None:
    """No unigram occurs three times or once: a count of c loses 0.5, 1 or 1.5."""
    model = NgramModel(np.array(text), order=1, vocab_size=V)
    counts = Counter(text)
    taken = {token: (0.5, 1, 1.5)[min(count, 3) - 1] for token, count in counts.items()}
    for token in range(V):
        expected = (counts[token] - taken.get(token, 0) + sum(taken.values()) / V) / len(text)
        assert math.exp(-model.nats(np.array([token]))[0]) == pytest.approx(expected)


def test_a_new_token_is_improbable_but_not_impossible() -> None:
    nats = NgramModel(np.tile([1, 2, 3], 100), order=1, vocab_size=V).nats(np.array([5, 1]))
    assert nats[1] < nats[0] < 20


def test_the_context_predicts_a_repeated_text() -> None:
    ids = np.tile([1, 2, 3, 4, 5, 1, 3, 5, 2, 4], 50)
    by_context = NgramModel(ids, order=4, vocab_size=V).nats(ids).mean()
    alone = NgramModel(ids, order=1, vocab_size=V).nats(ids).mean()
    assert alone == pytest.approx(math.log(5), abs=0.1)
    assert by_context < 0.1
