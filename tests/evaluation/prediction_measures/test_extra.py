"""Tests that need the extra are skipped without it, so the environment of developers must install it, pinned."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_environment_of_developers_has_the_extra_with_pinned_versions() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    (extra,) = re.findall(r"^pairs = \[(.*)\]$", project, re.MULTILINE)
    (for_developers,) = re.findall(r'^    "seqgen\[(.*)\]",$', project, re.MULTILINE)
    assert "pairs" in for_developers.split(",")
    assert set(re.findall(r'"([\w-]+)', extra)) <= set(pinned)
