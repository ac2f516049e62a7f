"""SECURITY.md is short, and the tests that it names exist."""

from __future__ import annotations

import re

import pytest

from tests.pages import ROOT, read_page

PAGE = read_page("SECURITY.md")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:tests|benchmarks)/[^`]+)`", PAGE))))
def test_what_the_page_names_exists(name: str) -> None:
    assert (ROOT / name).is_file()


def test_the_page_fits_a_screen() -> None:
    assert len(PAGE.splitlines()) <= 66
    assert max(map(len, PAGE.splitlines())) <= 122
