"""How a program that failed has ended, in words."""

from __future__ import annotations

import subprocess

import pytest

from seqgen.child_process import describe_end


@pytest.mark.parametrize(("number", "name"), [(15, "SIGTERM"), (40, "signal 40")])
def test_a_signal_without_a_name_is_given_by_its_number(number: int, name: str) -> None:
    ended = subprocess.CompletedProcess([], -number, b"", b"")
    assert describe_end(ended) == f"its process was ended by {name}"
