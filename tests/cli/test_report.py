"""`seqgen report`: one file that needs nothing else, with the numbers of `seqgen eval` and commands that run."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.config import Budget, ByteConfig
from tests import tiny
from tests.short import measure_little

VOID = {"meta", "br", "hr", "img", "link", "input"}


def seqgen(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


class Page(HTMLParser):
    """What a page asks for from elsewhere, and whether its elements are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.open: list[str] = []
        self.commands: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        links = [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.outside += [link for link in links if not link.startswith("#")]
        assert tag not in ("script", "link", "iframe", "object")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "pre" and data.startswith("seqgen "):
            self.commands.append(data)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs, one of them over characters that HTML has a use for, and the page about both."""
    folder = tmp_path_factory.mktemp("reported")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        measure_little(patch)
        tiny.trained(Path("one"), text=tiny.TEXT * 9, budget=Budget(steps=20))
        text = '<b>&amp; "Mina"</b>\n' * 300
        tiny.trained(Path("two"), text=text, tokenizer=ByteConfig(), budget=Budget(steps=20))
        result = seqgen("report", "one", "two", "--out", "page.html")
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def page(reported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """The page in a copy of its folder, where the test runs."""
    shutil.copytree(reported, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Page(Path("page.html").read_text(encoding="utf-8"))


def test_the_page_is_complete_and_loads_nothing_else(page: Page) -> None:
    text = Path("page.html").read_text(encoding="utf-8")
    assert page.open == []
    assert page.outside == []
    assert "url(http" not in text and "@import" not in text
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    assert text.count("<svg") == 4
    referred = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
    assert referred
    assert all(text.count(f'id="{name}"') == 1 for name in referred)


def test_its_numbers_are_those_of_eval(page: Page) -> None:
    text = html.unescape(Path("page.html").read_text(encoding="utf-8"))
    for item in json.loads(seqgen("eval", "one", "two", "--baselines", "--json").stdout):
        if "bits_per_byte" in item:
            assert f"<td>{item['bits_per_byte']:.4f}</td>" in text
    found = json.loads(seqgen("eval", "one", "--novelty", "--samples", "1", "--json").stdout)
    assert found[0]["verdict"] in text


def test_its_commands_run(page: Page) -> None:
    assert len(page.commands) == 1 + 3 * 2 + 1  # the second run's validation part is too short for the temperature
    for command in page.commands:
        result = seqgen(*shlex.split(command)[1:])
        assert result.exit_code == 0, f"{command}: {result.stderr}"


def test_it_opens_with_three_sentences_about_each_run(page: Page) -> None:
    text = html.unescape(Path("page.html").read_text(encoding="utf-8"))
    first, second = re.findall(r'<ul class="summary">(.*?)</ul>', text, re.S)
    assert re.search(r"<li>one needs \d\.\d{3} bits per character to predict one.txt \(valid\)", first)
    assert "beside the best baseline (" in first
    assert "the text is too short to tell which is better, which takes 10,000 bytes" in first
    assert re.search(r"<li>It (does not copy|copies)", first)
    assert "<li>Its samples are not near human text at any temperature.</li>" in first  # it was hardly trained
    assert second.count("<li>") == 3
    assert "Which temperature suits it cannot be told: " in second
    order = [text.index(words) for words in ('class="summary"', "<h2>Samples</h2>", "<h2>Scores</h2>", "compressors")]
    assert order == sorted(order)


def test_texts_are_shown_as_they_are(page: Page) -> None:
    text = Path("page.html").read_text(encoding="utf-8")
    assert "<b>" not in text
    assert "&lt;" in text


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), "")
_MEASURE = """<script>
const root = document.documentElement, style = getComputedStyle(document.body);
document.title = JSON.stringify({
  overflow: root.scrollWidth - root.clientWidth, height: root.scrollHeight, paper: style.backgroundColor,
  ink: style.color, curves: [...document.querySelectorAll("figure svg")].map(svg => svg.getBoundingClientRect().height),
});
</script>"""


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
@pytest.mark.parametrize(("width", "theme"), [(500, "light"), (1200, "dark")])
def test_it_is_laid_out_in_a_browser(page: Page, width: int, theme: str, tmp_path: Path) -> None:
    """In headless Chromium: nothing is wider than the window, curves are drawn, text stands out from the paper."""
    seen = browse(tmp_path, f"--window-size={width},900", f"--blink-settings=preferredColorScheme={theme == 'light':d}")
    assert seen["overflow"] == 0
    assert seen["height"] > 900
    assert len(seen["curves"]) == 4 and min(seen["curves"]) > 100
    paper, ink = (sum(map(int, re.findall(r"\d+", seen[name])[:3])) / 3 for name in ("paper", "ink"))
    assert (paper - ink if theme == "light" else ink - paper) > 150


def browse(folder: Path, *options: str) -> dict[str, Any]:
    """What a browser makes of the page."""
    measured = folder / "measured.html"
    text = (folder / "page.html").read_text(encoding="utf-8")
    measured.write_text(text.replace("</body>", f"{_MEASURE}</body>"), encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", *options, measured.as_uri()]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    found = re.search(r"<title>(\{.*?\})</title>", dumped)
    assert found is not None
    return dict(json.loads(html.unescape(found[1])))


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
def test_it_prints(page: Page, tmp_path: Path) -> None:
    printed = tmp_path / "page.pdf"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={printed}"]
    subprocess.run([*command, (tmp_path / "page.html").as_uri()], capture_output=True, check=True, timeout=60)
    assert printed.read_bytes().startswith(b"%PDF")


def test_a_character_that_the_vocabulary_lacks_is_shaded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.trained(Path("run"), text=tiny.TEXT + "ж")
    assert seqgen("report", "run").exit_code == 0
    assert "ж</span>" in Path("report.html").read_text(encoding="utf-8")
