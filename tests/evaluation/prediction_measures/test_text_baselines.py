"""Baselines for texts: the source itself, and the target of the likest training source."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.evaluation.prediction_measures import NearestSource, text_baselines

TRAIN = [("walk", "walked"), ("talk", "talked"), ("sing", "sang"), ("walk", "went"), ("ring", "went")]


def answers(*sources: str) -> list[tuple[str, ...]]:
    return [baseline.answers for baseline in text_baselines(TRAIN, sources)]


def grams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[start : start + n] for n in (2, 3) for start in range(len(padded) - n + 1)}


def plainly_nearest(sources: list[str], source: str) -> int | None:
    """The number of the likest source by comparing with every one."""
    mine = grams(source)
    likeness = [2 * len(mine & grams(other)) / (len(mine) + len(grams(other))) for other in sources]
    return likeness.index(max(likeness)) if any(likeness) else None


@settings(deadline=None)
@given(st.lists(st.text("abc ", max_size=8), min_size=1, max_size=12), st.text("abcd ", max_size=8))
def test_the_index_finds_what_comparing_with_every_source_finds(sources: list[str], source: str) -> None:
    assert NearestSource(sources).find(source) == plainly_nearest(sources, source)


def test_a_source_is_copied_and_answered_like_the_likest_one() -> None:
    assert answers("stalk", "singing") == [("stalk", "singing"), ("talked", "sang")]


def test_of_equally_like_sources_the_first_counts() -> None:
    assert answers("walk")[1] == ("walked",)


def test_a_source_that_is_like_none_gets_the_commonest_target() -> None:
    assert answers("xy")[1] == ("went",)


def test_an_empty_source_is_answered_too() -> None:
    assert answers("")[1] == ("went",)
    assert NearestSource(["a", ""]).find("") == 1
