"""Models of pairs that are trained once for all tests of this folder."""

from __future__ import annotations

import pytest

from seqgen.run import SavedModel
from tests.sampling.pair_models import KINDS, pair_model


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedModel]:
    """A model of every kind that writes texts."""
    folder = tmp_path_factory.mktemp("texts")
    return {kind: pair_model(folder / kind, kind) for kind in KINDS}


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedModel]:
    """A model of every kind whose targets are labels."""
    folder = tmp_path_factory.mktemp("labels")
    return {kind: pair_model(folder / kind, kind, "label") for kind in KINDS}
