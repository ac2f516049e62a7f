"""How many pairs stand side by side in a batch: as many as memory allows, and all of them once."""

from __future__ import annotations

import numpy as np
import pytest

from seqgen.corpus import Pair, PairBatches, PairEpochs
from tests.corpus.pairs import encoded

GROWING = encoded([Pair("a" * n, "b" * (n % 7)) for n in range(1, 60)])
EQUAL = encoded([Pair("a" * 7, "b")] * 40)
"""Ten ids each: eight of the source and two of the target, their ends included."""


def sizes(batches: PairBatches) -> list[int]:
    """How many pairs the batches have in which pairs begin."""
    return [len(batches.rows(number)) for number in range(len(batches)) if batches[number].starts_anew]


@pytest.mark.parametrize("limit", [100, 250, 1000])
def test_a_group_is_as_large_as_its_limit_allows(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_SCORED_IDS", limit)
    batches = PairBatches(GROWING, n_streams=1000, window=4, is_scored=True)
    groups = [batches.rows(number) for number in range(len(batches)) if batches[number].starts_anew]

    def n_ids(rows: np.ndarray) -> int:
        longest = GROWING.source_lengths[rows].max() + min(4, GROWING.target_lengths[rows].max())
        return int(len(rows) * longest)

    for group, following in zip(groups, [*groups[1:], None], strict=True):
        assert n_ids(group) <= limit or len(group) == 1
        assert following is None or n_ids(np.append(group, following[:1])) > limit
    assert sorted(np.concatenate(groups).tolist()) == list(range(GROWING.n_pairs))


def test_a_limit_that_a_group_reaches_exactly_does_not_divide_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_SCORED_IDS", 80)
    assert sizes(PairBatches(EQUAL, n_streams=8, window=4, is_scored=True)) == [8] * 5
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_SCORED_IDS", 79)
    assert sizes(PairBatches(EQUAL, n_streams=8, window=4, is_scored=True)) == [7, 1] * 5


def test_a_training_batch_may_have_twice_the_ids_of_an_average_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_TRAINED_IDS", 1)
    lengths = [*[5] * 8, *[23] * 8, *[80] * 2]  # with ends and targets 8, 26 and 83; 8 average pairs have 191
    pairs = encoded([Pair("a" * n, "b") for n in lengths])
    assert sizes(PairBatches(pairs, n_streams=8, window=4)) == [8, 8, 2]
    longer = encoded([Pair("a" * n, "b") for n in [*lengths, 80, 80, 80]])
    assert sizes(PairBatches(longer, n_streams=8, window=4)) == [8, 8, 5]
    assert sizes(PairBatches(encoded([Pair("a" * n, "b") for n in (1, 1, 1, 90)]), n_streams=4, window=4)) == [3, 1]


def test_pairs_that_are_sorted_a_few_groups_at_a_time_are_all_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._POOL", 2)
    epoch = PairEpochs(PairBatches(GROWING, n_streams=8, window=50), seed=0, unknown_share=0.0)[1]
    rows = [epoch.rows(number).tolist() for number in range(len(epoch))]
    assert sorted(row for group in rows for row in group) == list(range(GROWING.n_pairs))
    assert {len(group) for group in rows} == {7, 8}
    assert len({number for group in rows for number in group}) == 59


def test_a_source_is_cut_only_where_no_gradient_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._SCORED_SOURCE", 4)
    widths = [
        [batches[number].inputs.shape[1] for number in range(len(batches))]
        for is_scored in (False, True)
        if (batches := PairBatches(EQUAL, n_streams=40, window=9, joined=5, is_scored=is_scored))
    ]
    assert widths == [[10], [4, 6]]


@pytest.mark.parametrize(
    ("is_joined", "vocab_size", "n_streams"),
    [(False, 10, 50), (True, 10, 10), (False, 5, 64), (False, 10**6, 1), (True, 5, 20)],
)
def test_batches_to_score_have_as_many_rows_as_their_logits_allow_and_64_at_most(
    is_joined: bool, vocab_size: int, n_streams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_LOGITS", 1000)
    batches = PairBatches.to_score(EQUAL, vocab_size=vocab_size, is_joined=is_joined)
    assert batches.n_streams == n_streams
    assert (batches[0].sources is None) == is_joined


def test_long_targets_and_sources_do_not_make_fewer_rows_than_are_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_LOGITS", 100)
    monkeypatch.setattr("seqgen.corpus.pair_batches._SCORED_WINDOW", 1)
    monkeypatch.setattr("seqgen.corpus.pair_batches._SCORED_SOURCE", 3)
    assert [PairBatches.to_score(EQUAL, vocab_size=5, is_joined=joined).n_streams for joined in (False, True)] == [
        20,
        5,
    ]
