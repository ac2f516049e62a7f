"""Where the working folder was deleted, PyTorch would end the process with a message about a library."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import seqgen
from seqgen.errors import ConfigError
from tests.cli.one_line import run

TOLD = "the folder that you are in was deleted: go to another one with cd"


@pytest.fixture(autouse=True)
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()


@pytest.mark.parametrize("command", ["train /a.txt", "eval english", "corpus list", "inspect units english"])
def test_a_command_says_it_in_one_line(command: str) -> None:
    result = run(*command.split())
    assert (result.exit_code, result.stderr) == (1, f"seqgen: {TOLD}\n")


def test_a_library_that_asks_for_it_later_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch asks where it is when it makes the first optimizer."""
    monkeypatch.setattr("seqgen.cli.shared.command_group.require_working_folder", lambda: None)
    monkeypatch.setattr("seqgen.run.open_model", lambda *_, **__: Path.cwd())
    result = run("info", "english")
    assert (result.exit_code, result.stderr) == (1, f"seqgen: {TOLD}\n")


def test_help_is_there_all_the_same() -> None:
    for words in (["--help"], ["train", "--help"], ["corpus", "stats", "-h"], ["--version"]):
        assert run(*words).exit_code == 0


def test_a_program_is_told_the_same() -> None:
    for call in (partial(seqgen.train, "/a.txt"), partial(seqgen.resume, "/run")):
        with pytest.raises(ConfigError, match=TOLD):
            call()
