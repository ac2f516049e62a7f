"""OpenMP's threads are told how long to spin before torch is loaded, unless the user has decided."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
import seqgen
assert "torch" not in sys.modules
print(os.environ.get("GOMP_SPINCOUNT"), os.environ.get("OMP_WAIT_POLICY"))
"""


@pytest.mark.parametrize(
    ("chosen", "seen"),
    [
        ({}, "1000 None"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "None ACTIVE"),
        ({"GOMP_SPINCOUNT": "7"}, "7 None"),
    ],
)
def test_importing_seqgen_limits_the_spinning_unless_the_environment_says_otherwise(
    chosen: dict[str, str], seen: str
) -> None:
    names = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {name: value for name, value in os.environ.items() if name not in names} | chosen
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == seen
