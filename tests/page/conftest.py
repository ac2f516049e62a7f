"""A browser for the tests of the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.page.chromium import Browser, started_browser


@pytest.fixture(scope="session")
def only_browser() -> Iterator[Browser]:
    """Started once: that takes longer than most tests."""
    with started_browser() as browser:
        yield browser


@pytest.fixture
def browser(only_browser: Browser) -> Iterator[Browser]:
    """A browser without tabs."""
    yield only_browser
    only_browser.close_tabs()
