"""seqgen as a library."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

import seqgen
from seqgen.errors import ConfigError


def test_load_generate_and_score(run_folder: Path) -> None:
    model = seqgen.load(run_folder)
    pieces = list(model.generate("Mina ", length=40, temperature=0.5, seed=1))
    assert len("".join(pieces)) == 40
    assert pieces == list(model.generate("Mina ", length=40, temperature=0.5, seed=1))
    assert model.score("Mina sat down.").tokens == 14


def test_text_without_a_length_goes_on(run_folder: Path) -> None:
    pieces = seqgen.load(run_folder).generate("Mina ", length=None)
    assert len("".join(itertools.islice(pieces, 2000))) >= 2000


def test_an_option_that_there_is_not_is_one_line_that_names_those_there_are(run_folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"heat is no option of generate: there is .*temperature"):
        seqgen.load(run_folder).generate("Mina ", heat=2)


def test_importing_seqgen_imports_neither_numpy_nor_torch() -> None:
    program = "import sys, seqgen; assert not {'numpy', 'torch'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(seqgen, "nonsense")  # noqa: B009


def test_a_text_in_the_place_of_a_list_is_one_phrase(run_folder: Path) -> None:
    model = seqgen.load(run_folder)
    assert "".join(model.generate(length=300, ban="th")) == "".join(model.generate(length=300, ban=("th",)))
    assert "".join(model.generate(length=300, stop="at")) == "".join(model.generate(length=300, stop=("at",)))
    with pytest.raises(ConfigError, match="length is -1: it must be 0 or more"):
        model.generate(length=-1)
