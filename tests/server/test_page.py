"""The page at / in a real browser, with a real server and model behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from seqgen.run import SavedModel
from seqgen.server.app import build_app
from seqgen.server.listening import Server
from seqgen.server.models import ServedModels
from tests.page.acts import click, write
from tests.page.chromium import Browser, needs_chromium, started_browser
from tests.server.conftest import LIMITS

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_browser() as browser:
        yield browser


def test_the_page_writes_the_text_of_the_server(browser: Browser, server: Server) -> None:
    tab = browser.open(server.address)
    shown = write(tab, length=60, seed=3)
    fields = {"prompt": "", "max_characters": 60, "seed": 3}
    assert httpx.post(f"{server.address}/v1/completions", json=fields).json()["choices"][0]["text"] == shown
    assert tab.complaints == []


def test_the_page_asks_for_the_key_of_the_server(browser: Browser, saved: SavedModel) -> None:
    config = replace(LIMITS, api_key="secret")
    with ServedModels.open([saved], config) as models, Server(build_app(models, config), config) as server:
        tab = browser.open(server.address)
        tab.wait_until("!document.getElementById('key-form').hidden")
        tab.evaluate("document.getElementById('key').value = 'secret'")
        click(tab, "#key-form button")
        tab.wait_until("!document.getElementById('form').hidden")
        assert len(write(tab, length=20, seed=1)) == 20
