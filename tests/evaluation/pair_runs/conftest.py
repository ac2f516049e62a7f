"""Models of pairs that are trained once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.run import SavedModel, open_model
from tests import tiny_pairs
from tests.sampling.pair_models import KINDS, pair_model


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedModel]:
    """A model of every kind that writes texts."""
    folder = tmp_path_factory.mktemp("texts")
    return {kind: pair_model(folder / kind, kind) for kind in KINDS}


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    """A model whose targets are labels."""
    return pair_model(tmp_path_factory.mktemp("labels") / "gru", "gru", "label")


@pytest.fixture
def trained(tmp_path: Path) -> SavedModel:
    """A model with the weights of its training."""
    return open_model(tiny_pairs.trained(tmp_path / "run", test_fraction=0.2))
