"""The README: short enough to read, and its first two commands are those that everything else relies on."""

from __future__ import annotations

import re

import pytest

from tests.pages import ROOT, read_page

MOST_LINES = 150
README = read_page("README.md")


def test_the_readme_is_a_landing_page() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_the_first_two_commands_install_and_train_and_install_and_test() -> None:
    """`.ci/run` finds them by how they begin and end, and runs them in a fresh environment."""
    first, second = re.findall(r"^    (python3 -m venv .+)$", README, re.MULTILINE)
    assert "seqgen train " in first
    assert "--minutes 1 " in first
    assert first.endswith("seqgen sample")
    assert second.endswith("pytest")


def test_contributors_set_up_as_the_readme_says() -> None:
    (command,) = re.findall(r"^    (python3 -m venv .+pytest)$", README, re.MULTILINE)
    assert f"    {command}\n" in read_page("CONTRIBUTING.md")


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/RESULTS.md", "corpora/SOURCES.md"]
)
def test_nothing_is_left_to_fill_in(name: str) -> None:
    assert not re.findall(r"^[A-Z]+$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
