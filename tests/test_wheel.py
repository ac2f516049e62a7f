"""What is installed: the wheel has every file of the package, and the source distribution what its tests need."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("seqgen", "tests", "docs", "corpora", "benchmarks")
FILES = (
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "constraints.txt",
    "constraints-oldest.txt",
    "mkdocs.yml",
    "pyproject.toml",
)
BUILD = "from setuptools import build_meta; build_meta.build_wheel('out'); build_meta.build_sdist('out')"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a wheel and a source distribution, built without a network."""
    copy = tmp_path_factory.mktemp("build")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder)
    for file in (*FILES, "MANIFEST.in"):
        shutil.copy(ROOT / file, copy)
    (copy / "out").mkdir()
    subprocess.run([sys.executable, "-c", BUILD], cwd=copy, check=True, capture_output=True)
    return copy / "out"


def files_of(folder: str) -> set[str]:
    """The files below a folder of the repository, without what Python and a build leave there."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in paths if "checkpoints" not in path.parts}


def test_the_wheel_has_every_file_of_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name for name in names if ".dist-info/" not in name} == files_of("seqgen")
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_source_distribution_has_what_its_tests_need(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {str(PurePosixPath(*PurePosixPath(name).parts[1:])) for name in files.getnames()}
    assert {*FILES}.union(*map(files_of, FOLDERS)) <= names
    assert not [name for name in names if "__pycache__" in name]
