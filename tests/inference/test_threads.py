"""One thread for BLAS, asked for by any threads in any order, and given back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from seqgen.inference import one_thread


def n_threads() -> list[int]:
    return [library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers]


def elsewhere(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def leave(block: AbstractContextManager[None]) -> None:
    block.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def two() -> object:
    with threadpool_limits(2):
        if 2 not in n_threads():
            pytest.skip("a BLAS that has one thread")
        yield


def test_it_holds_in_any_thread_whoever_held_before() -> None:
    found = list[list[int]]()

    def hold() -> None:
        with one_thread():
            found.append(n_threads())

    hold()
    elsewhere(hold)
    hold()
    assert {number for numbers in found for number in numbers} == {1}
    assert 2 in n_threads()


def test_the_last_to_leave_gives_back_whichever_thread_that_is() -> None:
    outer, inner = one_thread(), one_thread()
    elsewhere(lambda: outer.__enter__())
    inner.__enter__()
    elsewhere(lambda: leave(outer))
    assert set(n_threads()) == {1}
    elsewhere(lambda: leave(inner))
    assert 2 in n_threads()
