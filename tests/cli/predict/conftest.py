"""Runs of pairs that are trained once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny_pairs


@pytest.fixture(scope="session")
def texts(pair_folder: Path) -> Path:
    """A run whose targets are texts."""
    return pair_folder


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose targets are the labels yes and no."""
    folder = tmp_path_factory.mktemp("runs") / "labels"
    return tiny_pairs.trained(folder, text=tiny_pairs.KINDS["label"], cell="gru", encoder="forward", attention=False)
