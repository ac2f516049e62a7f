"""seqgen as a library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import seqgen
from seqgen.config import SamplingConfig


def test_load_generate_and_score(run_folder: Path) -> None:
    model = seqgen.load(run_folder)
    config = SamplingConfig(temperature=0.5, seed=1)
    pieces = list(model.generate("Mina ", length=40, config=config))
    assert len("".join(pieces)) == 40
    assert pieces == list(model.generate("Mina ", length=40, config=config))
    assert model.score("Mina sat down.").tokens == 14


def test_importing_seqgen_imports_neither_numpy_nor_torch() -> None:
    program = "import sys, seqgen; assert not {'numpy', 'torch'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(seqgen, "nonsense")  # noqa: B009
