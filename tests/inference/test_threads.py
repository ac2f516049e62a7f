"""BLAS has one thread as long as any block wants it, whichever threads enter and leave the blocks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from seqgen.inference import one_thread


def n_threads() -> list[int]:
    """Of NumPy's BLAS, where it can be told from those of other libraries, such as SciPy's."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    of_numpy = [library for library in libraries if "numpy" in str(library.filepath)]
    return [library.num_threads for library in of_numpy or libraries]


def in_another_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def leave(block: AbstractContextManager[None]) -> None:
    block.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def two_threads() -> object:
    with threadpool_limits(2):
        if 2 not in n_threads():
            pytest.skip("this BLAS has one thread only")
        yield


def test_the_limit_holds_in_any_thread_whichever_had_it_before() -> None:
    seen: list[list[int]] = []

    def hold() -> None:
        with one_thread():
            seen.append(n_threads())

    hold()
    in_another_thread(hold)
    hold()
    assert {number for numbers in seen for number in numbers} == {1}
    assert 2 in n_threads()


def test_the_last_block_to_be_left_restores_the_threads() -> None:
    outer, inner = one_thread(), one_thread()
    in_another_thread(lambda: outer.__enter__())
    inner.__enter__()
    in_another_thread(lambda: leave(outer))
    assert set(n_threads()) == {1}
    in_another_thread(lambda: leave(inner))
    assert 2 in n_threads()
