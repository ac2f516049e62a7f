"""A run of every lossless tokenizer, for tests of `seqgen sample`."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import TokenizerName
from tests import tiny
from tests.cli.sample.commands import TEXT


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[TokenizerName, Path]:
    """A run of every tokenizer that is lossless."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return {
            name: tiny.trained(folder / name, text=TEXT, tokenizer=config) for name, config in tiny.LOSSLESS.items()
        }
