"""What tests of `seqgen eval` begin with: a run, and texts to score."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny
from tests.cli.evaluate.commands import KNOWN


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with a test part, beside its text run.txt, where the test runs."""
    monkeypatch.chdir(tmp_path)
    return tiny.trained(Path("run"), test_fraction=0.2)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A short text without out-of-vocabulary characters."""
    path = tmp_path / "known.txt"
    path.write_text(KNOWN, encoding="utf-8", newline="")
    return path


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A text long enough to compare runs on."""
    path = tmp_path / "long.txt"
    path.write_text(tiny.TEXT * (1 + 12_000 // len(tiny.TEXT)), encoding="utf-8", newline="")
    return path
