"""Whatever the locale is, texts go in and out in UTF-8."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from seqgen.cli.shared.locales import read_words_as_utf8
from tests.cli.surroundings.processes import posix, shell

TEXT = "„süß“, sagte Jörg. 漢字 🙂\n"
PLAIN = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@posix
@pytest.mark.parametrize("environment", [PLAIN, {**PLAIN, "PYTHONIOENCODING": "ascii"}], ids=["C", "ascii"])
def test_texts_stay_whole_in_every_locale(environment: dict[str, str], tmp_path: Path) -> None:
    """Among them are the name of a file, standard input and standard output."""
    text = tmp_path / "Äpfel.txt"
    text.write_text(TEXT * 3, encoding="utf-8")
    shown = shell(f"seqgen tokenize '{text}'; cat '{text}' | seqgen corpus stats -", **environment)
    assert shown.status == 0, shown.stderr
    for words in ("'„' 's' 'ü' 'ß' '“'", "Han"):
        assert words in shown.stdout


@posix
def test_words_of_the_command_line_are_utf_8_in_every_locale(run_folder: Path) -> None:
    ended = shell(f"seqgen sample {run_folder} --length 20 --seed 0 --prompt 'ä'", **PLAIN)
    assert ended.status == 0, ended.stderr
    assert "does not know 'ä'" in ended.stderr


@pytest.mark.parametrize(
    ("encoding", "word", "is_again"),
    [("ascii", "\udcc3\udca4", True), ("ascii", "a", False), ("utf-8", "\udcff", False)],
)
def test_only_words_that_the_locale_cannot_read_start_the_program_again(
    encoding: str, word: str, is_again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In UTF-8 mode they would start it again for ever."""
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, words: started.append(words))
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: encoding)
    monkeypatch.setattr(sys, "argv", ["seqgen", "sample", word])
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "seqgen", "sample", word])
    read_words_as_utf8()
    assert started == ([[sys.executable, "-X", "utf8", "-m", "seqgen", "sample", word]] if is_again else [])
