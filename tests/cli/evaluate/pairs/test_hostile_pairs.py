"""Pairs from a stranger: what stands in them neither steers the terminal nor changes the page or a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiny_pairs
from tests.cli.one_line import run as seqgen
from tests.cli.test_report import Page

MARKUP = "<script>alert(1)</script>"
STEERING = "\x1b]0;title\x07\x1b[2J"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of labels and a run of texts, all of whose sources and targets are hostile."""
    folder = tmp_path_factory.mktemp("hostile")

    def line(pair: str) -> str:
        source, target = pair.split("\t")
        return f"{STEERING}{source}{MARKUP}\t{STEERING}{target}$\\frac{{$<b>&\n"

    pairs = {kind: "".join(map(line, text.splitlines())) for kind, text in tiny_pairs.KINDS.items()}
    return {kind: tiny_pairs.trained(folder / kind, text=text) for kind, text in pairs.items()}


@pytest.mark.parametrize("kind", tiny_pairs.KINDS)
def test_eval_writes_out_what_would_steer_the_terminal(kind: str, hostile: dict[str, Path]) -> None:
    result = seqgen("eval", hostile[kind], "--baselines")
    assert result.exit_code == 0, result.stderr
    assert "\x1b" not in result.stdout + result.stderr
    assert "\\x1b" in result.stdout


def test_labels_are_drawn_as_they_are(hostile: dict[str, Path], tmp_path: Path) -> None:
    result = seqgen("eval", hostile["label"], "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", tiny_pairs.KINDS)
def test_a_page_has_no_element_of_theirs(kind: str, hostile: dict[str, Path], tmp_path: Path) -> None:
    result = seqgen("report", hostile[kind], "--out", tmp_path / "page.html")
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert Page(text).open == []
    assert MARKUP not in text
    assert "<b>" not in text
    assert "\x1b" not in text
