"""The exported page opens by itself, writes with the model that it carries, and asks nobody for anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seqgen.config import ExportConfig
from seqgen.export import export_model
from seqgen.export.names import plain_name
from seqgen.run import SavedModel, open_model
from seqgen.tokenizers import Tokenizer
from seqgen.tokenizers.alphabet import Alphabet
from seqgen.tokenizers.char import CharTokenizer
from tests.page.acts import write
from tests.page.chromium import Browser, Tab, needs_chromium
from tests.page.engine.asking import ask_node, carried_by, needs_node
from tests.page.engine.test_writing import OLD_RUNS, RUNS

pytestmark = needs_chromium

HOSTILE = "</script><!--<script>\u2028\u2029&amp;<img src=x onerror=alert(1)>"


def opened(browser: Browser, model: SavedModel, folder: Path) -> Tab:
    """The page of a model in a browser, ready to write."""
    path = folder / "page.html"
    export_model(model, ExportConfig(format="html"), out=path)
    tab = browser.open(path)
    tab.wait_until("document.getElementById('opening').hidden")
    return tab


@pytest.mark.parametrize("run", RUNS)
def test_the_page_writes_a_text_and_sends_nothing(browser: Browser, run: str, tmp_path: Path) -> None:
    tab = opened(browser, open_model(str(OLD_RUNS / run)), tmp_path)
    assert 0 < len(write(tab, length=50, seed=4)) <= 50
    assert tab.complaints == []
    assert tab.requests == [(tmp_path / "page.html").as_uri()]


def with_hostile_names(model: SavedModel) -> SavedModel:
    """The same model with markup in its vocabulary and in everything that its page says about it."""
    characters = model.tokenizer.state()["characters"]
    hostile = "".join(dict.fromkeys(HOSTILE + characters))[: len(characters)]
    tokenizer: Tokenizer = CharTokenizer(Alphabet(hostile, 0.1), separator=HOSTILE)
    record = replace(model.record, texts=HOSTILE)
    return replace(model, tokenizer=tokenizer, record=record, path=Path(f"{HOSTILE.replace('/', '')}.safetensors"))


def test_markup_in_vocabulary_and_names_is_only_text(browser: Browser, run_folder: Path, tmp_path: Path) -> None:
    model = with_hostile_names(open_model(str(run_folder)))
    tab = opened(browser, model, tmp_path)
    text = write(tab, length=200)
    assert len(text) == 200
    assert tab.complaints == []
    assert plain_name(HOSTILE) in tab.evaluate("document.body.textContent")
    assert tab.evaluate("document.images.length") == 0


@needs_node
def test_a_page_writes_the_same_text_as_node(browser: Browser, run_folder: Path, tmp_path: Path) -> None:
    model = open_model(str(run_folder))
    tab = opened(browser, model, tmp_path)
    text = write(tab, seed=12, temperature=1, length=300)
    data, blobs = carried_by(model, precision="float16")
    request = {"prompt": "", "temperature": 1, "length": 300, "seed": 12}
    question = {"ask": "write", "model": data, "blobs": {"weights": "weights"}, "request": request}
    assert text == "".join(piece["text"] for piece in ask_node([question], blobs)[0])
