"""Streams side by side: every id is a target once, after the id before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seqgen.corpus import Streams
from seqgen.tokenizers import BOUNDARY


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
        np.testing.assert_array_equal(inputs, targets - 1)  # the first input is id 0, the boundary
    assert streams.n_tokens == length
    everything = [target for _, targets in [*windows, *([rest] if rest else [])] for target in targets.ravel().tolist()]
    assert sorted(everything) == list(range(1, length + 1))


def test_the_first_input_of_a_text_is_the_boundary_and_of_other_streams_the_id_before() -> None:
    inputs, targets = Streams(np.array([7, 8, 9, 5, 6, 4]), n_streams=2, window=2)[0]
    assert inputs.tolist() == [[BOUNDARY, 7], [9, 5]]
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
