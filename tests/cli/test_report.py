"""`seqgen report`: one file that needs nothing else, with the numbers of `seqgen eval` and commands that run."""

from __future__ import annotations

import html
import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.config import Budget, ByteConfig
from tests import tiny

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


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Of two runs, one of them over characters that HTML has a use for."""
    monkeypatch.chdir(tmp_path)
    tiny.trained(Path("one"), text=tiny.TEXT * 9, budget=Budget(steps=20))
    tiny.trained(Path("two"), text='<b>&amp; "Mina"</b>\n' * 300, tokenizer=ByteConfig(), budget=Budget(steps=20))
    result = seqgen("report", "one", "two", "--out", "page.html")
    assert result.exit_code == 0, result.stderr
    return Page(Path("page.html").read_text(encoding="utf-8"))


def test_it_is_whole_and_asks_for_nothing(page: Page) -> None:
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
    found = json.loads(seqgen("eval", "one", "--novelty", "--json").stdout)
    assert found[0]["verdict"] in text


def test_its_commands_run(page: Page) -> None:
    assert len(page.commands) == 1 + 3 * 2
    for command in page.commands:
        result = seqgen(*shlex.split(command)[1:])
        assert result.exit_code == 0, f"{command}: {result.stderr}"


def test_texts_are_shown_as_they_are(page: Page) -> None:
    text = Path("page.html").read_text(encoding="utf-8")
    assert "<b>" not in text
    assert "&lt;" in text


def test_a_file_that_cannot_be_written_is_said(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = seqgen("report", run_folder, "--out", tmp_path / "file" / "page.html")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr.splitlines()[-1]
