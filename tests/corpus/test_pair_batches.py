"""Batches of pairs: every target once, after its own source, however batches are made."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from seqgen.config import CharConfig, LabelConfig
from seqgen.corpus import Batch, EncodedPairs, Pair, PairBatches, PairEpochs, encode_pairs
from seqgen.corpus.encoded_pairs import train_on_texts
from seqgen.tokenizers import END_OF_TEXT
from tests.corpus.pairs import REVERSALS, encoded

PAIRS = encoded(REVERSALS)
V = 100
"""Stands for the size of the target vocabulary where the decoder reads the sources."""


def targets_by_pair(batches: PairBatches) -> dict[int, list[int]]:
    """The targets that count in each row, over all batches."""
    found: dict[int, list[int]] = defaultdict(list)
    for number in range(len(batches)):
        batch = batches[number]
        assert batch.mask is not None
        for row, pair in enumerate(batches.rows(number).tolist()):
            found[pair] += batch.targets[row][batch.mask[row]].tolist()
    return found


def read_by_pair(batches: PairBatches) -> dict[int, list[int]]:
    """All ids that the decoder reads in each row, over all batches."""
    found: dict[int, list[int]] = defaultdict(list)
    for number in range(len(batches)):
        for row, pair in enumerate(batches.rows(number).tolist()):
            found[pair] += batches[number].inputs[row].tolist()
    return found


def all_batches(batches: PairBatches) -> list[Batch]:
    return [batches[number] for number in range(len(batches))]


@pytest.mark.parametrize("joined", [None, V])
@pytest.mark.parametrize("window", [1, 3, 50])
@pytest.mark.parametrize("n_streams", [1, 3, 8, 20])
@pytest.mark.parametrize("is_shuffled", [False, True])
def test_every_target_is_in_the_batches_once(
    joined: int | None, window: int, n_streams: int, is_shuffled: bool
) -> None:
    batches = PairBatches(PAIRS, n_streams=n_streams, window=window, joined=joined)
    if is_shuffled:
        batches = PairEpochs(batches, seed=1, unknown_share=0.0)[2]
    assert targets_by_pair(batches) == {number: PAIRS.target(number).tolist() for number in range(PAIRS.n_pairs)}
    assert sum(batch.n_targets for batch in all_batches(batches)) == batches.n_targets == len(PAIRS.targets)
    assert batches.rest() is None


@pytest.mark.parametrize("window", [1, 3, 50])
def test_a_decoder_reads_the_end_of_text_token_and_then_the_target(window: int) -> None:
    read = read_by_pair(PairBatches(PAIRS, n_streams=3, window=window))
    for number, ids in read.items():
        target = PAIRS.target(number).tolist()
        assert ids[: len(target)] == [END_OF_TEXT, *target[:-1]]
        assert not any(ids[len(target) :])


@pytest.mark.parametrize("window", [1, 3, 50])
def test_a_decoder_without_an_encoder_reads_the_source_first(window: int) -> None:
    batches = PairBatches(PAIRS, n_streams=3, window=window, joined=V)
    for number, ids in read_by_pair(batches).items():
        source, target = PAIRS.source(number) + V, PAIRS.target(number).tolist()
        expected = [*source.tolist(), END_OF_TEXT, *target[:-1]]
        assert ids[: len(expected)] == expected
        assert not any(ids[len(expected) :])
    assert all(batch.sources is None for batch in all_batches(batches))


@pytest.mark.parametrize("joined", [None, V])
def test_every_batch_has_targets(joined: int | None) -> None:
    batches = all_batches(PairBatches(PAIRS, n_streams=3, window=2, joined=joined))
    assert min(batch.n_targets for batch in batches) > 0


def test_sources_stand_where_pairs_begin_and_only_there() -> None:
    batches = PairBatches(PAIRS, n_streams=3, window=4)
    n_pairs = 0
    for number in range(len(batches)):
        batch, rows = batches[number], batches.rows(number)
        assert batch.starts_anew == (batch.sources is not None)
        if batch.sources is not None:
            n_pairs += len(rows)
            for row, pair in enumerate(rows.tolist()):
                assert batch.sources.ids[row, : batch.sources.lengths[row]].tolist() == PAIRS.source(pair).tolist()
            assert not batch.sources.ids[batch.sources.is_padding].any()
            assert batch.sources.ids.shape[1] == batch.sources.lengths.max()
    assert n_pairs == PAIRS.n_pairs


def test_validation_goes_from_short_pairs_to_long_ones() -> None:
    batches = PairBatches(PAIRS, n_streams=3, window=50)
    lengths = PAIRS.source_lengths + PAIRS.target_lengths
    order = np.concatenate([batches.rows(number) for number in range(len(batches))])
    assert (np.diff(lengths[order]) >= 0).all()
    assert batches[len(batches) - 1].inputs.shape[0] == 2


def test_every_training_batch_has_all_rows_and_nearly_as_many_pairs() -> None:
    epochs = PairEpochs(PairBatches(PAIRS, n_streams=5, window=50), seed=0, unknown_share=0.0)
    for number in range(len(epochs[0])):
        batch = epochs[0][number]
        assert batch.inputs.shape[0] == batch.sources.ids.shape[0] == 5  # type: ignore[union-attr]
        assert len(epochs[0].rows(number)) == 4
        assert batch.mask is not None
        assert not batch.mask[4:].any()


def test_the_same_seed_makes_the_same_epochs_and_epochs_differ() -> None:
    batches = PairBatches(PAIRS, n_streams=3, window=50)
    first, again, other = (PairEpochs(batches, seed=seed, unknown_share=0.1) for seed in (0, 0, 1))

    def ids(batches: PairBatches) -> list[list[list[int]]]:
        return [batch.sources.ids.tolist() for batch in all_batches(batches) if batch.sources is not None]

    assert ids(first[3]) == ids(again[3])
    assert ids(first[3]) != ids(first[4])
    assert ids(first[3]) != ids(other[3])
    assert first.targets_per_epoch == len(PAIRS.targets)


def test_pairs_of_a_training_batch_are_of_similar_length() -> None:
    random = np.random.default_rng(0)
    pairs = encoded([Pair("a" * n, "b" * n) for n in random.integers(1, 60, size=600).tolist()])

    def padding_of(batches: PairBatches) -> float:
        return 1 - len(pairs.targets) / sum(batch.targets.size for batch in all_batches(batches))

    epoch = PairEpochs(PairBatches(pairs, n_streams=10, window=100), seed=0, unknown_share=0.0)[0]
    assert padding_of(epoch) < 0.05
    lengths = [epoch[number].inputs.shape[1] for number in range(len(epoch))]
    assert lengths != sorted(lengths)


MIXED = encoded([Pair("a" * n, "b" * (n % 7)) for n in [*range(1, 40), 90, 300]])
"""Short sources, and two long ones."""


@pytest.mark.parametrize("joined", [None, V])
@pytest.mark.parametrize("n_processes", [1, 2])
def test_one_long_source_does_not_make_a_large_batch(
    joined: int | None, n_processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_TRAINED_IDS", 600)
    batches = PairBatches(MIXED, n_streams=8, window=4, joined=joined)
    epoch = PairEpochs(batches, seed=3, unknown_share=0.0, n_processes=n_processes)[1]
    assert targets_by_pair(epoch) == {number: MIXED.target(number).tolist() for number in range(MIXED.n_pairs)}
    for number in range(len(epoch)):
        batch, longest = epoch[number], int(MIXED.source_lengths[epoch.rows(number)].max())
        assert len(batch.inputs) % n_processes == 0
        assert len(batch.inputs) == n_processes or len(batch.inputs) * longest <= 600
        assert batch.sources is None or batch.sources.ids.shape == (len(batch.inputs), longest)
    assert max(len(epoch[number].inputs) for number in range(len(epoch))) == 8


def test_a_limit_that_no_batch_reaches_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> list[list[int]]:
        epoch = PairEpochs(PairBatches(MIXED, n_streams=8, window=4), seed=3, unknown_share=0.0)[1]
        return [epoch.rows(number).tolist() for number in range(len(epoch))]

    usual = rows()
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_TRAINED_IDS", 1 << 40)
    assert rows() == usual


@pytest.mark.parametrize("is_joined", [False, True])
def test_batches_to_score_are_small_only_where_sources_are_long(
    is_joined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.corpus.pair_batches._MOST_SCORED_IDS", 500)
    monkeypatch.setattr("seqgen.corpus.pair_batches._SCORED_SOURCE", 64)
    batches = PairBatches.to_score(MIXED, vocab_size=V, is_joined=is_joined)
    sizes = [len(batches.rows(number)) for number in range(len(batches))]
    assert sizes[0] > 10 and sizes[-1] == 1
    assert max(batches[number].inputs.shape[1] for number in range(len(batches))) <= 64 + 7
    assert targets_by_pair(batches) == {number: MIXED.target(number).tolist() for number in range(MIXED.n_pairs)}


def test_a_share_of_the_source_ids_becomes_unknown_and_no_end_does() -> None:
    pairs = encoded([Pair("abcdefghij" * 10, "x")] * 50)
    sources = PairEpochs(PairBatches(pairs, n_streams=5, window=5), seed=0, unknown_share=0.1)[0].encoded
    is_unknown = sources.sources == pairs.unknown_id
    assert is_unknown.mean() == pytest.approx(0.1, abs=0.02)
    assert np.array_equal(sources.sources[~is_unknown], pairs.sources[~is_unknown])
    assert not is_unknown[pairs.sources == END_OF_TEXT].any()


def labels_of(pairs: list[Pair]) -> EncodedPairs:
    letters, labels = train_on_texts(CharConfig(), ["abc"]), train_on_texts(LabelConfig(), ["yes", "no", "yes"])
    return encode_pairs(pairs, letters, labels)


def test_pairs_whose_label_is_unknown_are_left_out() -> None:
    batches = PairBatches(labels_of([Pair("a", "no"), Pair("b", "perhaps"), Pair("c", "yes")]), n_streams=8, window=4)
    assert (len(batches), batches.rows(0).tolist(), batches.n_targets) == (1, [0, 2], 2)
    assert batches[0].inputs.tolist() == [[0], [0]]
    assert batches[0].targets.tolist() == [[2], [1]]


def test_pairs_without_any_known_label_make_no_batch_and_no_epoch() -> None:
    batches = PairBatches(labels_of([Pair("b", "perhaps")]), n_streams=8, window=4)
    assert len(batches) == batches.n_targets == 0
    with pytest.raises(ValueError, match="no pair has a target"):
        PairEpochs(batches, seed=0, unknown_share=0.0)


def test_a_number_out_of_range_is_no_batch() -> None:
    batches = PairBatches(PAIRS, n_streams=8, window=50)
    for number in (-1, len(batches)):
        with pytest.raises(IndexError):
            batches[number]
