"""Baselines for texts: the source itself, and the target of the likest training source."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from seqgen.evaluation.prediction_measures import NearestSource, text_baselines

TRAIN = [("walk", "walked"), ("talk", "talked"), ("sing", "sang"), ("walk", "went"), ("ring", "went")]


def answers(*sources: str) -> dict[str, tuple[str, ...]]:
    return {baseline.name: baseline.answers for baseline in text_baselines(TRAIN, sources)}


def nearest(source: str) -> str:
    (answer,) = answers(source)["target of the nearest training source"]
    return answer


def grams(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[start : start + n] for n in (2, 3) for start in range(len(padded) - n + 1)}


def plainly_nearest(sources: list[str], source: str) -> int | None:
    """The number of the likest source by comparing with every one."""
    mine = grams(source)
    likeness = [2 * len(mine & grams(other)) / (len(mine) + len(grams(other))) for other in sources]
    return likeness.index(max(likeness)) if any(likeness) else None


@settings(deadline=None)
@example(["ab", "xc"], "ac")
@example(["abc", "baba"], "abab")
@given(st.lists(st.text("abc ", max_size=8), min_size=1, max_size=12), st.text("abcd ", max_size=8))
def test_the_index_finds_what_comparing_with_every_source_finds(sources: list[str], source: str) -> None:
    assert NearestSource(sources).find(source) == plainly_nearest(sources, source)


def test_a_source_is_copied_and_answered_like_the_likest_one() -> None:
    assert answers("stalk", "singing") == {
        "copied source": ("stalk", "singing"),
        "target of the nearest training source": ("talked", "sang"),
    }


def test_of_equally_like_sources_the_first_counts() -> None:
    assert nearest("walk") == "walked"


def test_a_source_that_is_like_none_gets_the_commonest_target() -> None:
    assert nearest("xy") == "went"


def test_an_empty_source_is_answered_too() -> None:
    assert nearest("") == "went"
    assert NearestSource(["a", ""]).find("") == 1
