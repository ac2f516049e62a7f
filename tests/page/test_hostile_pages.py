"""Pages about a model and a text of strangers, full of markup: it is text there, and no script of it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.cli.music.output import MusicReport
from seqgen.cli.music.page import page_of as page_of_tunes
from seqgen.music import AddingUp, read_tune
from tests.hostile import MARKUP, STEERING, forged
from tests.page.acts import write
from tests.page.chromium import Browser, Tab, needs_chromium
from tests.tiny import TEXT

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names cannot hold any character there"),
]

NAME = MARKUP.replace("/", "\u2215")[-120:] + STEERING.replace("\r", "")
PAGES = {
    "report": "report RUN --out page.html",
    "units": "inspect units RUN --on FILE --unit 0:1 --out page.html",
    "export": "export RUN --to html --out page.html",
}


@pytest.fixture(scope="module")
def hostile_run(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    corpus = folder / f"{NAME}.txt"
    corpus.write_bytes((run_folder.parent / "tiny.txt").read_bytes())
    return forged(run_folder, folder / NAME, MARKUP + STEERING, corpus=corpus)


def assert_harmless(tab: Tab) -> None:
    """Nothing of the texts has become an element, and nothing of them has run."""
    assert tab.evaluate("globalThis.broken") is None
    assert tab.evaluate("document.querySelectorAll('img, svg[onload], [onerror]').length") == 0
    assert tab.evaluate("document.body.textContent.includes('onerror')")
    assert tab.complaints == []
    assert len(tab.requests) == 1


@pytest.mark.parametrize("page", PAGES)
def test_markup_of_strangers_is_text(
    page: str, hostile_run: Path, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = tmp_path / f"{NAME}.txt"
    text.write_text("\n".join(f"{line} {MARKUP}" for line in TEXT.splitlines()), encoding="utf-8")
    words = {"RUN": hostile_run, "FILE": text.name}
    result = CliRunner().invoke(app, [str(words.get(word, word)) for word in PAGES[page].split()])
    assert result.exit_code == 0, result.stderr
    tab = browser.open(tmp_path / "page.html")
    if page == "export":
        write(tab, length=200, prompt=MARKUP)
    assert_harmless(tab)


def test_markup_in_a_tune_is_text(browser: Browser) -> None:
    tune = read_tune(f'X:1\nT:{MARKUP}\nM:2/4\nL:1/8\nK:C {MARKUP}\n"{MARKUP}"cdef|g2e2|]')
    assert tune is not None
    written = AddingUp.of([tune])
    report = MusicReport(model=MARKUP, tunes=(tune,), written=written, training=None, reason="")
    tab = browser.open(page_of_tunes(report, [None], [{"abc": MARKUP, "midi": MARKUP}]))
    tab.evaluate("document.querySelector('button').click()")
    assert_harmless(tab)
