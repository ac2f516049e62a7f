"""The exported page opens by itself, writes with the model that it carries, and asks nobody for anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import ExportConfig
from seqgen.export import export_model
from seqgen.run import open_model
from tests.page.chromium import Browser, needs_chromium

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def page(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "tiny.html"
    return export_model(open_model(str(run_folder)), ExportConfig(format="html"), out=out).path


def test_the_page_writes_a_text_and_sends_nothing(browser: Browser, page: Path) -> None:
    tab = browser.open(page)
    tab.wait_until("!document.getElementById('form').hidden")
    tab.evaluate("document.getElementById('write').click()")
    tab.wait_until("document.getElementById('write').disabled === false")
    assert tab.complaints == []
    assert tab.requests == [page.as_uri()]
