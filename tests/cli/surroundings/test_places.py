"""Folders that vanish, cannot be written or cannot be entered: what can be done is done, and the rest is one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.surroundings.processes import posix, shell, without_rights

REMEDY = "set SEQGEN_CACHE to a folder with room that you may write to"

pytestmark = posix


def at_home(folder: Path) -> dict[str, str]:
    """An environment whose home is this folder, without another place for a cache."""
    return {"HOME": str(folder), "XDG_CACHE_HOME": "", "SEQGEN_CACHE": "", "SEQGEN_PYTHON": sys.executable}


@pytest.mark.parametrize("place", ["a file", "read-only"])
def test_a_cache_that_takes_nothing_is_named_with_what_to_do(place: str, story: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    if place == "a file":
        folder.touch()
        start = ""
    else:
        folder.mkdir(mode=0o500)
        start = without_rights()
    ended = shell(f'{start} "$SEQGEN_PYTHON" -m seqgen tokenize story.txt', **at_home(folder))
    assert ended.status == 1
    assert ended.error.startswith(f"seqgen: the text cannot be kept in {folder}")
    assert ended.error.endswith(f"; {REMEDY}")


GONE_WHILE_LOADING = """
import os, sys, tempfile
from seqgen.cli.shared.wait_line import starting
folder = tempfile.mkdtemp()
os.chdir(folder)
number = os.stat(folder).st_ino
with starting():
    os.rmdir(folder)
    import torch
assert os.stat(".").st_ino == number
"""


def test_pytorch_loads_even_if_the_working_folder_is_deleted_meanwhile() -> None:
    """Its library for matrices would end the process with a line of its own. Relative paths keep their meaning."""
    done = subprocess.run([sys.executable, "-c", GONE_WHILE_LOADING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_model_needs_neither_home_nor_cache(story: Path, run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    words = f'"$SEQGEN_PYTHON" -m seqgen sample {run_folder} --length 20 --seed 0'
    lost = shell(f"env -u HOME -u SEQGEN_CACHE XDG_CACHE_HOME= {words}", **at_home(tmp_path / "home"))
    assert (lost.status, lost.stdout) == (0, shell(words, **at_home(tmp_path / "home" / "x")).stdout)


DRAWING = "import seqgen.cli.shared.pictures, matplotlib; matplotlib.get_cachedir()"


def test_a_home_that_takes_no_cache_of_matplotlib_is_not_spoken_of(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    nowhere = at_home(tmp_path / "home") | {"MPLCONFIGDIR": "", "XDG_CONFIG_HOME": ""}
    ended = shell(f'"$SEQGEN_PYTHON" -c "{DRAWING}"', **nowhere)
    assert (ended.status, ended.stdout, ended.stderr) == (0, "", "")


def test_a_model_that_may_not_be_read_is_not_said_to_be_missing(run_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "secret.safetensors"
    path.write_bytes(b"model")
    path.chmod(0)
    ended = shell(f'{without_rights()} "$SEQGEN_PYTHON" -m seqgen info {path}', **at_home(tmp_path))
    assert (ended.status, ended.error) == (1, f"seqgen: {path} cannot be read: Permission denied")
