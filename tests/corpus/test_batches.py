"""Streams side by side: every id is a target once, after the id before it."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seqgen.corpus import Batch, Epochs, Streams
from seqgen.tokenizers import END_OF_TEXT

any_streams = {
    "length": st.integers(1, 60),
    "window": st.integers(1, 70),
    "data": st.data(),
}


def some_ids(length: int) -> NDArray[np.uint16]:
    """Ids that are all different, so that each says where it stood."""
    return np.arange(1, length + 1, dtype=np.uint16)


def batches_of(streams: Streams) -> list[Batch]:
    """All batches of an epoch, and the rest."""
    rest = streams.rest()
    return [*(streams[number] for number in range(len(streams))), *([] if rest is None else [rest])]


def targets_of(streams: Streams) -> NDArray[np.int64]:
    """The targets of all batches end to end, (B, N // B)."""
    return np.concatenate([streams[number].targets for number in range(len(streams))], axis=1)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(**any_streams)
def test_every_id_is_a_target_once_and_its_input_the_id_before(length: int, window: int, data: st.DataObject) -> None:
    n_streams = data.draw(st.integers(1, length))
    streams = Streams(some_ids(length), n_streams=n_streams, window=window)
    batches = batches_of(streams)
    for batch in batches:
        np.testing.assert_array_equal(batch.inputs, batch.targets - 1)  # the first input is id 0, the end of text
    everything = [target for batch in batches for target in batch.targets.ravel().tolist()]
    assert sorted(everything) == list(range(1, length + 1))


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(**any_streams)
def test_targets_are_counted_with_the_rest_and_without_it(length: int, window: int, data: st.DataObject) -> None:
    streams = Streams(some_ids(length), n_streams=data.draw(st.integers(1, length)), window=window)
    assert streams.n_targets == sum(batch.n_targets for batch in batches_of(streams)) == length
    in_batches = sum(streams[number].n_targets for number in range(len(streams)))
    assert streams.n_batched == Epochs(streams).targets_per_epoch == in_batches


def test_the_first_input_of_a_text_is_the_end_of_text_token_and_of_other_streams_the_id_before() -> None:
    batch = Streams(np.array([7, 8, 9, 5, 6, 4]), n_streams=2, window=2)[0]
    assert batch.inputs.tolist() == [[END_OF_TEXT, 7], [9, 5]]
    assert batch.targets.tolist() == [[7, 8], [5, 6]]


def test_a_stream_runs_on_from_batch_to_batch_and_the_last_may_be_short() -> None:
    streams = Streams(some_ids(21), n_streams=2, window=4)
    assert targets_of(streams).tolist() == [list(range(1, 11)), list(range(11, 21))]
    assert [streams[number].targets.shape for number in range(len(streams))] == [(2, 4), (2, 4), (2, 2)]


def test_streams_start_anew_in_the_first_batch_of_an_epoch_only() -> None:
    epochs = Epochs(Streams(some_ids(21), n_streams=2, window=4), shift=True, vary=True)
    for streams in (epochs[0], epochs[1]):
        assert [batch.starts_anew for batch in batches_of(streams)] == [True, *[False] * len(streams)]


def test_the_ids_left_over_follow_the_last_stream() -> None:
    rest = Streams(some_ids(11), n_streams=3, window=2).rest()
    assert rest is not None
    assert rest.inputs.tolist() == [[9, 10]]
    assert rest.targets.tolist() == [[10, 11]]
    assert Streams(some_ids(12), n_streams=3, window=2).rest() is None


def test_batches_do_not_change_the_ids_they_are_cut_from() -> None:
    ids = some_ids(10)
    Streams(ids, n_streams=2, window=5)[0].inputs[:] = 0
    assert ids.tolist() == some_ids(10).tolist()


@pytest.mark.parametrize("n_streams", [0, 11])
def test_no_stream_or_more_of_them_than_ids_are_refused(n_streams: int) -> None:
    with pytest.raises(ValueError, match=f"{n_streams} streams over 10 ids"):
        Streams(some_ids(10), n_streams=n_streams, window=1)


@pytest.mark.parametrize("number", [-1, 5])
def test_a_batch_outside_the_epoch_is_refused(number: int) -> None:
    with pytest.raises(IndexError):
        Streams(some_ids(10), n_streams=2, window=1)[number]


def test_only_targets_under_the_mask_count_and_all_of_them_the_same() -> None:
    ids = np.zeros((2, 2), dtype=np.int64)
    mask = np.array([[True, False], [True, True]])
    batch = Batch(inputs=ids, targets=ids, mask=mask, starts_anew=True)
    assert batch.n_targets == 3
    assert batch.weights is not None
    np.testing.assert_allclose(batch.weights, mask / 3)
    assert replace(batch, mask=None).weights is None


@pytest.mark.parametrize("counts", [False, True])
def test_a_single_target_has_a_weight_of_1_if_it_counts_and_else_of_0(counts: bool) -> None:
    ids = np.zeros((1, 1), dtype=np.int64)
    batch = Batch(inputs=ids, targets=ids, mask=np.array([[counts]]), starts_anew=True)
    assert batch.weights is not None
    assert batch.weights.tolist() == [[counts]]


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(epoch=st.integers(0, 5), shift=st.booleans(), vary=st.booleans(), **any_streams)
def test_in_every_epoch_every_id_is_a_target_once_and_its_input_the_id_before(
    epoch: int, shift: bool, vary: bool, length: int, window: int, data: st.DataObject
) -> None:
    n_streams = data.draw(st.integers(1, length))
    epochs = Epochs(Streams(some_ids(length), n_streams=n_streams, window=window), shift=shift, vary=vary, seed=7)
    batches = batches_of(epochs[epoch])
    for batch in batches:
        np.testing.assert_array_equal(batch.inputs, batch.targets - 1)  # before the text's first id stands id 0
    everything = [target for batch in batches for target in batch.targets.ravel().tolist()]
    assert sorted(everything) == list(range(1, length + 1))


def test_the_end_of_text_token_comes_before_the_first_id_of_the_text_wherever_an_epoch_begins() -> None:
    ids = np.array([7, 8, 9, 5, 6, 4])
    for start in range(6):
        batch = Streams(ids, n_streams=2, window=3, start=start)[0]
        assert batch.targets.ravel().tolist() == np.roll(ids, -start).tolist()
        assert batch.inputs[batch.targets == 7].tolist() == [END_OF_TEXT]
        assert END_OF_TEXT not in batch.inputs[batch.targets != 7]


def test_epochs_after_the_first_begin_elsewhere_if_they_are_shifted() -> None:
    streams = Streams(some_ids(1000), n_streams=4, window=50)
    shifted, still = (Epochs(streams, shift=shift) for shift in (True, False))
    starts = [shifted[epoch][0].targets[0, 0] for epoch in range(6)]
    assert starts[0] == 1
    assert len(set(starts)) == 6
    assert all(np.array_equal(targets_of(still[epoch]), targets_of(still[0])) for epoch in range(1, 4))


def test_the_same_seed_makes_the_same_epochs_and_another_seed_others() -> None:
    def batches(seed: int) -> list[list[list[int]]]:
        epochs = Epochs(Streams(some_ids(2000), n_streams=2, window=20), shift=True, vary=True, seed=seed)
        return [[batch.targets.ravel().tolist() for batch in batches_of(epochs[epoch])] for epoch in range(3)]

    assert batches(1) == batches(1)
    assert batches(1)[1:] != batches(2)[1:]
    assert batches(1)[0] != batches(1)[1]


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(length=st.integers(1, 300), window=st.integers(1, 60), seed=st.integers(0, 9), data=st.data())
def test_varied_windows_cover_the_same_streams(length: int, window: int, seed: int, data: st.DataObject) -> None:
    streams = Streams(
        some_ids(length),
        n_streams=data.draw(st.integers(1, length)),
        window=window,
        start=data.draw(st.integers(0, length - 1)),
    )
    varied = streams.with_varied_windows(np.random.default_rng(seed))
    np.testing.assert_array_equal(targets_of(varied), targets_of(streams))
    assert all(varied[number].targets.shape[1] >= 1 for number in range(len(varied)))


def test_varied_windows_are_about_as_long_as_the_window_and_now_and_then_half_of_it() -> None:
    streams = Epochs(Streams(some_ids(60_000), n_streams=1, window=60), vary=True)[0]
    *whole, last = (streams[number].targets.shape[1] for number in range(len(streams)))
    lengths = np.array(whole)
    assert max(*whole, last) < 90
    assert len(set(lengths.tolist())) > 10
    assert 56 <= lengths.mean() <= 60.5
    is_half = lengths < 45
    assert 0.01 < is_half.mean() < 0.1
    assert lengths[~is_half].mean() == pytest.approx(60, abs=1)
    assert lengths[is_half].mean() == pytest.approx(30, abs=3)


def test_an_epoch_over_a_long_text_takes_no_memory_for_its_windows() -> None:
    ids = np.broadcast_to(np.uint8(7), 10**9)
    tracemalloc.start()
    streams = Streams(ids, n_streams=8, window=32).starting_at(5)
    last = streams[len(streams) - 1]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert last.targets.shape == (8, 125_000_000 % 32 or 32)
    assert peak < 100_000
