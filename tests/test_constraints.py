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


def bounds_of(name: str) -> dict[str, Version]:
    """The packages that a list in `pyproject.toml` names, and the oldest version of each that is enough."""
    (listed,) = re.findall(rf"^{name} = \[(.*?)\]$", PROJECT, re.MULTILINE | re.DOTALL)
    bounds = re.findall(r'"([\w-]+)(?:>=([\d.]+)|")', listed)
    return {canonicalize_name(package): Version(version or "0") for package, version in bounds}


def promised() -> dict[str, Version]:
    """The same for seqgen and all of its optional parts, but not for what only those who work on it need."""
    (extras,) = re.findall(r'"seqgen\[docs,(.*?)\]"', PROJECT)
    return {
        package: bound for name in ("dependencies", *extras.split(",")) for package, bound in bounds_of(name).items()
    }


def test_the_oldest_versions_are_those_that_are_promised() -> None:
    assert pins_of(OLDEST) == promised()


def test_every_dependency_is_pinned_at_or_above_its_lower_bound() -> None:
    pinned, bounds = pins_of(NEWEST), promised() | bounds_of("docs") | bounds_of("dev")
    assert bounds.keys() - pinned.keys() == set()
    assert [package for package, bound in bounds.items() if pinned[package] < bound] == []
