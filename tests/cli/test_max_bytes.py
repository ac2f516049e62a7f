"""`--max-bytes`: every command that reads texts stops there, and says so in one line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.cli.one_line import assert_one_line, run

TEXT = "Mina sat by the river.\n" * 100
COMMANDS = [
    "train FILE --cell lstm --steps 1",
    "plan FILE",
    "race FILE",
    "corpus stats FILE",
    "tokenize FILE",
    "eval RUN --on FILE",
    "inspect memory RUN --on FILE",
    "inspect units RUN --on FILE",
    "predict --run PAIRS --file FILE",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_unpacks_to_more_is_one_line_with_the_option(
    command: str, run_folder: Path, pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    words = {"RUN": run_folder, "PAIRS": pair_folder, "FILE": "text.txt.gz"}
    arguments = [words.get(word, word) for word in command.split()]
    assert_one_line(
        run(*arguments, "--max-bytes", len(TEXT) - 1),
        "text.txt.gz unpacks to more than 2,299 bytes|allow more, as with --max-bytes 20GB",
    )


@pytest.mark.parametrize("size", [len(TEXT), "2.3kB", 10**20])
def test_a_file_that_unpacks_to_as_much_is_read(size: object, tmp_path: Path) -> None:
    path = tmp_path / "text.txt.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert run("corpus", "stats", path, "--max-bytes", size).exit_code == 0


@pytest.mark.parametrize("size", [0, -1, "1M"])
def test_what_is_no_size_is_refused(size: object, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    refused = run("corpus", "stats", tmp_path / "text.txt", "--max-bytes", size)
    assert_one_line(refused, f"--max-bytes is '{size}': it must be a size of 1 byte or more, such as 500000, 20MB")
