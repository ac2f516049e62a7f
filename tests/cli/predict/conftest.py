"""Runs of pairs that are trained once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import Budget
from tests import tiny_pairs


@pytest.fixture(scope="package")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose targets are texts."""
    return tiny_pairs.trained(tmp_path_factory.mktemp("runs") / "texts", cell="gru", budget=Budget(steps=60))


@pytest.fixture(scope="package")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose targets are the labels yes and no."""
    folder = tmp_path_factory.mktemp("runs") / "labels"
    return tiny_pairs.trained(folder, text=tiny_pairs.KINDS["label"], cell="gru", encoder="forward", attention=False)
