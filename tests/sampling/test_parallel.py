"""Generators side by side: the same order always, and nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Generator
from inspect import GEN_CLOSED, GEN_CREATED, getgeneratorstate

import pytest

from seqgen.sampling.parallel import side_by_side


def numbers(name: str, n: int, fails_at: int | None = None) -> Generator[str]:
    for number in range(n):
        if number == fails_at:
            raise ValueError(name)
        yield f"{name}{number}"


@pytest.mark.parametrize("sizes", [[3], [0, 5], [5000, 10, 3000], [2048, 1024, 1024]])
def test_all_items_come_in_the_order_of_each_and_the_same_every_time(sizes: list[int]) -> None:
    def run() -> list[str]:
        return list(side_by_side([numbers(name, n) for name, n in zip("abc", sizes, strict=False)]))

    items = run()
    assert items == run()
    for name, n in zip("abc", sizes, strict=False):
        assert [item for item in items if item[0] == name] == [f"{name}{number}" for number in range(n)]


def test_the_next_generator_begins_when_one_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.sampling.parallel.MOST_AT_ONCE", 2)
    generators = [numbers(name, n) for name, n in zip("abcde", [3000, 1500, 2000, 0, 500], strict=True)]
    stream = side_by_side(generators)
    names = {next(stream)[0]}
    assert [getgeneratorstate(one) for one in generators[2:]] == [GEN_CREATED] * 3
    items = list(stream)
    assert names | {item[0] for item in items} == set("abce")
    assert len(items) == 3000 + 1500 + 2000 + 500 - 1
    assert [item for item in items if item[0] == "c"] == [f"c{number}" for number in range(2000)]


@pytest.mark.parametrize("fails_at", [0, 100, 1024, 2000])
def test_an_error_comes_after_the_items_before_it_and_all_are_closed(fails_at: int) -> None:
    items = list[str]()
    generators = [numbers("a", 9000), numbers("b", 9000, fails_at), numbers("c", 9000)]
    n_threads = threading.active_count()
    with pytest.raises(ValueError, match="b"):
        for item in side_by_side(generators):
            items.append(item)
    assert [item for item in items if item[0] == "b"] == [f"b{number}" for number in range(fails_at)]
    assert [getgeneratorstate(one) for one in generators] == [GEN_CLOSED] * 3
    assert threading.active_count() <= n_threads


def test_leaving_early_closes_all_and_leaves_no_thread() -> None:
    generators = [numbers(name, 10**9) for name in "abc"]
    n_threads = threading.active_count()
    stream = side_by_side(generators)
    assert next(stream) == "a0"
    stream.close()  # type: ignore[attr-defined]
    assert [getgeneratorstate(one) for one in generators] == [GEN_CLOSED] * 3
    assert threading.active_count() <= n_threads
