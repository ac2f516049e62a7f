"""How long the threads of OpenMP wait actively. Must be imported before torch, which loads OpenMP.

A thread that has finished its share of a matrix multiplication waits for the others. GNU's OpenMP, which PyTorch uses
on Linux, lets it spin for milliseconds. On an idle machine that is fast. Beside another busy program it is a disaster:
the spinning thread holds the core that the thread it waits for would need.
"""

from __future__ import annotations

import os

_SPIN_COUNT = "1000"
"""Rounds of spinning, some microseconds: long enough for threads that finish together, too short to be in the way."""
_OWN_CHOICES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
"""The variables with which a user may have decided otherwise."""


def limit_spinning() -> None:
    """Let waiting threads spin for microseconds only, unless the environment says otherwise.

    >>> import os
    >>> limit_spinning()
    >>> "GOMP_SPINCOUNT" in os.environ or "OMP_WAIT_POLICY" in os.environ
    True
    """
    if not any(name in os.environ for name in _OWN_CHOICES):
        os.environ["GOMP_SPINCOUNT"] = _SPIN_COUNT
