"""The page at / of a real server, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from seqgen.run import SavedModel
from seqgen.server.app import build_app
from seqgen.server.listening import Server
from seqgen.server.models import ServedModels
from tests.page.acts import TEXT, all_of, click, text_of, write
from tests.page.chromium import Browser, needs_chromium, started_browser
from tests.server.conftest import LIMITS
from tests.server.test_connections import eventually

pytestmark = needs_chromium
BROWSED = replace(LIMITS, read_s=10.0, write_s=10.0)
"""A browser opens connections before it needs them."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_browser() as browser:
        yield browser


@pytest.fixture
def models(saved: SavedModel) -> Iterator[ServedModels]:
    """The same model under two names."""
    with ServedModels.open([saved, saved], BROWSED) as models:
        yield models


def test_two_models_write_side_by_side_and_the_same_seed_gives_the_same_text(
    browser: Browser, models: ServedModels
) -> None:
    with Server(build_app(models, BROWSED), BROWSED) as server:
        tab = browser.open(server.address)
        text = write(tab, prompt="Mina ", length=40, seed=3)
        tab.wait_until(f"{all_of('.written')}.every((text) => text.length === 40)")
        assert tab.evaluate(all_of(".written")) == [text, text]
        assert text_of(tab, ".measures").startswith("40 characters · seed 3 · ")
        assert tab.evaluate("document.querySelectorAll('.written span').length") > 1
        assert tab.evaluate(all_of(".card:first-child .odds li button", "disabled")).count(False) >= 5
        assert tab.complaints == []


def test_escape_frees_the_place_at_the_server(browser: Browser, models: ServedModels) -> None:
    with Server(build_app(models, BROWSED), BROWSED) as server:
        tab = browser.open(server.address)
        tab.evaluate("document.getElementById('length').value = 20000")
        click(tab, "#write")
        tab.wait_until(f"{TEXT}.length > 0")
        tab.press("Escape")
        tab.wait_until("!document.querySelector('.is-writing')")
        assert 0 < tab.evaluate(f"{TEXT}.length") < 20_000
        engines = [model.writer() for model in models]
        assert eventually(lambda: not any(engine.n_writing for engine in engines))


def test_what_the_server_says_is_shown(browser: Browser, models: ServedModels) -> None:
    with Server(build_app(models, BROWSED), BROWSED) as server:
        tab = browser.open(server.address)
        write(tab, prompt="Mina é", length=5)
        tab.wait_until("!document.getElementById('prompt-hint').hidden")
        assert "“é” is read as “e”" in text_of(tab, "#prompt-hint")


def test_with_a_key_the_page_names_no_model_until_it_has_it(browser: Browser, models: ServedModels) -> None:
    config = replace(BROWSED, api_key="secret")
    with Server(build_app(models, config), config) as server:
        tab = browser.open(server.address)
        tab.wait_until("!document.getElementById('key-form').hidden")
        assert "tiny" not in tab.evaluate("document.documentElement.outerHTML")
        tab.evaluate("document.getElementById('key').value = 'secret'")
        click(tab, "#key-form button")
        tab.wait_until("!document.getElementById('form').hidden")
        assert len(write(tab, length=5)) == 5
