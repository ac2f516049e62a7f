"""`seqgen report` for runs of pairs: the numbers of `seqgen eval`, and commands that run."""

from __future__ import annotations

import html
import shlex
from pathlib import Path

import pytest

from tests.cli.evaluate.commands import scores
from tests.cli.one_line import assert_one_line
from tests.cli.one_line import run as seqgen
from tests.cli.test_report import Page


def page_of(tmp_path: Path, *names: str) -> str:
    out = tmp_path / "page.html"
    result = seqgen("report", *names, "--out", out)
    assert result.exit_code == 0, result.stderr
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize("names", [["words", "plain"], ["kinds"], ["kinds", "words"]])
def test_the_page_is_complete_and_its_commands_run(names: list[str], tmp_path: Path) -> None:
    page = Page(page_of(tmp_path, *names))
    assert page.open == []
    assert page.outside == []
    assert len(page.commands) == 1 + len(names)
    for command in page.commands:
        result = seqgen(*shlex.split(command)[1:])
        assert result.exit_code == 0, f"{command}: {result.stderr}"


def test_its_numbers_are_those_of_eval(tmp_path: Path) -> None:
    text = html.unescape(page_of(tmp_path, "kinds"))
    (item,) = scores("kinds", "--baselines")
    for numbers in (item, *item["yardsticks"]):
        assert f"<td>{100 * numbers['accuracy']:.1f} %</td><td>{numbers['macro_f1']:.4f}</td>" in text
    for mistake in item["mistakes"]:
        assert f'<td class="left">{mistake["source"]}</td><td class="left">{mistake["target"]}</td>' in text
    assert f"{item['nats_per_target']:.4f} nats" in text
    assert all(f">{count}</td>" in text for row in item["confusion"] for count in row)


def test_a_page_has_runs_of_one_kind(tmp_path: Path) -> None:
    assert_one_line(
        seqgen("report", "words", "story", "--out", tmp_path / "page.html"), "they have no measure in common"
    )
