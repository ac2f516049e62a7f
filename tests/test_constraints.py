"""The pinned versions: the newest that the tests run with, and the oldest that seqgen promises to work with."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
NEWEST, OLDEST = "constraints.txt", "constraints-oldest.txt"


def pins_of(name: str) -> dict[str, Version]:
    """The versions that a file of constraints asks for."""
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    return {canonicalize_name(package): Version(version) for package, version in pins}


def lower_bounds() -> dict[str, Version]:
    """What everybody who installs seqgen needs, and the oldest version of it that is enough."""
    (listed,) = re.findall(r"^dependencies = \[(.*?)^\]", PROJECT, re.MULTILINE | re.DOTALL)
    bounds = re.findall(r'"([\w-]+)>=([\d.]+)[,"]', listed)
    assert len(bounds) == len(listed.split())
    return {canonicalize_name(package): Version(version) for package, version in bounds}


def extras() -> set[str]:
    """What the optional parts of seqgen need."""
    (listed,) = re.findall(r"^\[project.optional-dependencies\](.*?)^\[", PROJECT, re.MULTILINE | re.DOTALL)
    return {canonicalize_name(package) for package in re.findall(r'"([\w-]+)(?:>=|")', listed)}


def test_the_oldest_versions_are_those_that_are_promised() -> None:
    assert pins_of(OLDEST) == lower_bounds()


def test_every_dependency_is_pinned_at_or_above_its_lower_bound() -> None:
    pinned, bounds = pins_of(NEWEST), lower_bounds()
    assert (bounds.keys() | extras()) - pinned.keys() == set()
    assert [package for package, bound in bounds.items() if pinned[package] < bound] == []
