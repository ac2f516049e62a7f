"""Commands that are given nothing to read, and texts that end early."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seqgen.cli.fill.output import print_texts
from seqgen.cli.predict import inputs, predict
from seqgen.cli.predict.options import PredictOptions
from seqgen.cli.sample.output import _note_endings
from seqgen.cli.sample.sample import _read_prompt
from seqgen.errors import ConfigError, CorpusError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_command_that_waits_at_a_terminal_for_sources_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    for stdin in (Terminal(), None):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(ConfigError, match="there is no source: give one"):
            inputs._divide(PredictOptions())


def test_without_a_standard_input_nothing_is_read_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CorpusError, match="no standard input to read sources from"):
        list(inputs._lines("-", "utf-8"))
    with pytest.raises(CorpusError, match="no standard input to read the prompt from"):
        _read_prompt("-")


def test_sources_of_a_pipe_are_not_counted_before_they_come(tmp_path: Path) -> None:
    (tmp_path / "sources.txt").write_text("one\ntwo\n", encoding="utf-8")
    options = replace(PredictOptions(), source=("zero",), file=(str(tmp_path / "sources.txt"),))
    assert inputs.n_sources(options) == 3
    assert inputs.n_sources(replace(options, file=("-",))) is None


def test_progress_is_shown_where_the_targets_go_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with predict._progress(replace(PredictOptions(), source=("one", "two"))) as work:
        assert (work.wait.what, work.wait.total) == ("predicting", 2)


@pytest.mark.parametrize(
    ("endings", "must_match", "said"),
    [
        (["stop", "match", "stuck"], True, ["ended too early to match: 2 of 3 texts"]),
        (["length", "stop"], False, []),
        (["length", None], True, []),
    ],
)
def test_texts_that_ended_before_they_matched_are_counted(
    endings: list[Any], must_match: bool, said: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _note_endings(endings, must_match=must_match)
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "to match" in line] == said


def test_fewer_fills_than_were_asked_for_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    config: Any = SimpleNamespace(count=3)
    texts: Any = [SimpleNamespace(text="The cat sat.")]
    print_texts(texts, config, raw=False, as_json=False)
    shown = capsys.readouterr()
    assert shown.out.strip() == "The cat sat."
    assert "1 text instead of 3: no more different fills; raise --draws" in shown.err
