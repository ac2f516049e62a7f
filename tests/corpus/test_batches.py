"""Streams side by side: every id is a target once, after the id before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seqgen.corpus import Epochs, Streams
from seqgen.tokenizers import END_OF_TEXT


def some_ids(length: int) -> NDArray[np.uint16]:
    """Ids that are all different, so that each says where it stood."""
    return np.arange(1, length + 1, dtype=np.uint16)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(length=st.integers(1, 60), window=st.integers(1, 70), data=st.data())
def test_every_id_is_a_target_once_and_its_input_the_id_before(length: int, window: int, data: st.DataObject) -> None:
    n_streams = data.draw(st.integers(1, length))
    streams = Streams(some_ids(length), n_streams=n_streams, window=window)
    windows = [streams[number] for number in range(len(streams))]
    rest = streams.rest()
    for inputs, targets in [*windows, *([rest] if rest else [])]:
        np.testing.assert_array_equal(inputs, targets - 1)  # the first input is id 0, the end-of-text token
    assert streams.n_tokens == length
    everything = [target for _, targets in [*windows, *([rest] if rest else [])] for target in targets.ravel().tolist()]
    assert sorted(everything) == list(range(1, length + 1))


def test_the_first_input_of_a_text_is_the_boundary_and_of_other_streams_the_id_before() -> None:
    inputs, targets = Streams(np.array([7, 8, 9, 5, 6, 4]), n_streams=2, window=2)[0]
    assert inputs.tolist() == [[END_OF_TEXT, 7], [9, 5]]
    assert targets.tolist() == [[7, 8], [5, 6]]


def test_a_stream_runs_on_from_window_to_window_and_the_last_may_be_short() -> None:
    streams = Streams(some_ids(21), n_streams=2, window=4)
    targets = np.concatenate([streams[number][1] for number in range(len(streams))], axis=1)
    assert targets.tolist() == [list(range(1, 11)), list(range(11, 21))]
    assert [streams[number][1].shape for number in range(len(streams))] == [(2, 4), (2, 4), (2, 2)]


def test_the_ids_left_over_follow_the_last_stream() -> None:
    rest = Streams(some_ids(11), n_streams=3, window=2).rest()
    assert rest is not None
    assert [side.tolist() for side in rest] == [[[9, 10]], [[10, 11]]]
    assert Streams(some_ids(12), n_streams=3, window=2).rest() is None


def test_windows_do_not_change_the_ids_they_are_cut_from() -> None:
    ids = some_ids(10)
    Streams(ids, n_streams=2, window=5)[0][0][:] = 0
    assert ids.tolist() == some_ids(10).tolist()


@pytest.mark.parametrize("n_streams", [0, 11])
def test_no_stream_or_more_of_them_than_ids_are_refused(n_streams: int) -> None:
    with pytest.raises(ValueError, match=f"{n_streams} streams over 10 ids"):
        Streams(some_ids(10), n_streams=n_streams, window=1)


@pytest.mark.parametrize("number", [-1, 5])
def test_a_window_outside_the_pass_is_refused(number: int) -> None:
    with pytest.raises(IndexError):
        Streams(some_ids(10), n_streams=2, window=1)[number]


def targets_of(streams: Streams) -> NDArray[np.int64]:
    """All windows of a pass end to end, (B, N // B)."""
    return np.concatenate([streams[number][1] for number in range(len(streams))], axis=1)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    length=st.integers(1, 60),
    window=st.integers(1, 70),
    epoch=st.integers(0, 5),
    shift=st.booleans(),
    vary=st.booleans(),
    data=st.data(),
)
def test_in_every_pass_every_id_is_a_target_once_and_its_input_the_id_before(
    length: int, window: int, epoch: int, shift: bool, vary: bool, data: st.DataObject
) -> None:
    n_streams = data.draw(st.integers(1, length))
    epochs = Epochs(some_ids(length), n_streams=n_streams, window=window, shift=shift, vary=vary, seed=7)
    streams = epochs[epoch]
    for number in range(len(streams)):
        inputs, targets = streams[number]
        np.testing.assert_array_equal(
            inputs, targets - 1
        )  # that of the first id of the text is 0, the end-of-text token
    seen = targets_of(streams).ravel().tolist()
    rest = streams.rest()
    left_over = [] if rest is None else rest[1].ravel().tolist()
    assert len(seen) == epochs.n_tokens == length - length % n_streams
    assert sorted(seen + left_over) == list(range(1, length + 1))


def test_the_boundary_comes_before_the_first_id_of_the_text_wherever_a_pass_begins() -> None:
    ids = np.array([7, 8, 9, 5, 6, 4])
    for start in range(6):
        inputs, targets = Streams(ids, n_streams=2, window=3, start=start)[0]
        assert targets.ravel().tolist() == np.roll(ids, -start).tolist()
        assert inputs[targets == 7].tolist() == [END_OF_TEXT]
        assert END_OF_TEXT not in inputs[targets != 7]


def test_passes_after_the_first_begin_elsewhere_where_that_is_wished() -> None:
    shifted, still = (Epochs(some_ids(1000), n_streams=4, window=50, shift=shift) for shift in (True, False))
    starts = [shifted[epoch][0][1][0, 0] for epoch in range(6)]
    assert starts[0] == 1
    assert len(set(starts)) == 6
    assert all(np.array_equal(targets_of(still[epoch]), targets_of(still[0])) for epoch in range(1, 4))


def test_the_same_seed_makes_the_same_passes_and_another_seed_others() -> None:
    def passes(seed: int) -> list[list[list[int]]]:
        epochs = Epochs(some_ids(2000), n_streams=2, window=20, shift=True, vary=True, seed=seed)
        return [[epochs[epoch][n][1].ravel().tolist() for n in range(len(epochs[epoch]))] for epoch in range(3)]

    assert passes(1) == passes(1)
    assert passes(1)[1:] != passes(2)[1:]
    assert passes(1)[0] != passes(1)[1]


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(length=st.integers(1, 300), window=st.integers(1, 60), seed=st.integers(0, 9), data=st.data())
def test_varied_windows_cover_the_same_streams(length: int, window: int, seed: int, data: st.DataObject) -> None:
    streams = Streams(
        some_ids(length),
        n_streams=data.draw(st.integers(1, length)),
        window=window,
        start=data.draw(st.integers(0, length - 1)),
    )
    varied = streams.with_varied_windows(window, np.random.default_rng(seed))
    np.testing.assert_array_equal(targets_of(varied), targets_of(streams))
    assert all(varied[number][1].shape[1] >= 1 for number in range(len(varied)))


def test_varied_windows_are_about_as_long_as_the_window_and_now_and_then_half_of_it() -> None:
    epochs = Epochs(some_ids(60_000), n_streams=1, window=60, vary=True)
    lengths = np.array([epochs[0][number][1].shape[1] for number in range(len(epochs[0]) - 1)])
    assert len(set(lengths.tolist())) > 10
    assert 56 <= lengths.mean() <= 60.5
    is_half = lengths < 45
    assert 0.01 < is_half.mean() < 0.1
    assert lengths[~is_half].mean() == pytest.approx(60, abs=1)
    assert lengths[is_half].mean() == pytest.approx(30, abs=3)
