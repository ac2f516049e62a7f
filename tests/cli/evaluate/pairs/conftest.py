"""Runs of pairs that are trained once for all tests of this folder, which only read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny, tiny_pairs


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs of text targets, one of labels, and one of a text."""
    folder = tmp_path_factory.mktemp("runs")
    tiny_pairs.trained(folder / "words", test_fraction=0.2)
    tiny_pairs.trained(folder / "plain", encoder="forward", attention=False, test_fraction=0.2)
    tiny_pairs.trained(folder / "kinds", text=tiny_pairs.KINDS["label"])
    tiny.trained(folder / "story")
    return folder


@pytest.fixture(autouse=True)
def runs(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs where the runs are."""
    monkeypatch.chdir(trained)
