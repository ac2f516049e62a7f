"""A model that has learned very short tunes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from seqgen.config import Budget
from tests import tiny

BARS = ("cdef", "g2e2", "c4")
HEADER = "X:1\nT:Air\nM:2/4\nL:1/8\nK:C\n"


@pytest.fixture(scope="session")
def tunes_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a small GRU on tunes of two bars. Do not write into it."""
    rng = random.Random(0)
    headers = [HEADER.replace("1", str(number), 1) for number in range(300)]
    text = "\n\n".join(f"{header}{rng.choice(BARS)}|{rng.choice(BARS)}|]" for header in headers)
    return tiny.trained(
        tmp_path_factory.mktemp("music") / "airs",
        text=text,
        cell="gru",
        budget=Budget(steps=250),
        settings={"d_model": 48, "n_streams": 16, "window": 32},
        documents="blank-line",
    )
