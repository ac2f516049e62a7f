"""Where a text is cut before it is encoded, and how much of it waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seqgen.tokenizers import MARK
from seqgen.tokenizers.segments import MAX_SEGMENT_LENGTH, regroup_segments, split_segments

N = MAX_SEGMENT_LENGTH


@pytest.mark.parametrize(
    ("segments"),
    [
        ["a" * N],
        ["a" * N, "b"],
        ["a" * (N - 1) + "\n", "b"],
        ["a" * N, "\n"],
        ["a" * (N - 1), " b"],
        ["a" * (N - 1), "\tb"],
        ["a" * N, " b"],
        ["a", " " + "b" * (N - 1), "b" * N, "b"],
        ["a a", "\t" + "b" * (N - 2), " c"],
        ["\n", "a a", " " + "b" * (N - 1), "b" * 9 + "\n", "c"],
    ],
)
def test_a_segment_ends_after_a_newline_or_before_the_last_space_or_when_it_is_full(segments: list[str]) -> None:
    assert split_segments("".join(segments)) == segments


def test_whole_lines_stay_together_and_only_the_last_line_waits() -> None:
    assert list(regroup_segments(["one\ntwo\nthr", "ee", f"\n{MARK}four\nfive"])) == [
        "one\ntwo\n",
        f"three\n{MARK}four\n",
        "five",
    ]
    assert list(regroup_segments([f"a\nb{MARK}c", "d"])) == [f"a\nb{MARK}", "cd"]
    assert list(regroup_segments(["", "\n", ""])) == ["\n"]


def test_a_line_that_has_ended_does_not_wait_for_the_next_chunk() -> None:
    def chunks() -> Iterator[str]:
        yield "one\n"
        raise AssertionError("more was read")

    assert next(regroup_segments(chunks())) == "one\n"
