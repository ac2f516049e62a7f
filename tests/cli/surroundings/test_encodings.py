"""Whatever the locale is, texts go in and out in UTF-8."""

from __future__ import annotations

from pathlib import Path

import pytest

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
