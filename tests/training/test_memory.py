"""Keeping freed memory: said to glibc, and to nobody else."""

from __future__ import annotations

import ctypes
import sys

import pytest

from seqgen.training.memory import keep_freed_memory


class Library:
    """Stands for the C library, and writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def mallopt(self, option: int, value: int) -> int:
        self.told.append((option, value))
        return 1


def test_glibc_is_told_neither_to_map_nor_to_trim(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    keep_freed_memory()
    assert {(-4, 0), (-1, -1)} <= set(library.told)


@pytest.mark.parametrize(("platform", "library"), [("linux", object()), ("darwin", None), ("win32", None)])
def test_nothing_happens_where_the_allocator_is_another(
    platform: str, library: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str | None) -> object:
        assert library is not None, "looked for on a system that has none"
        return library

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", load)
    keep_freed_memory()
