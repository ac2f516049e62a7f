"""`seqgen predict` as a real process: pipes, and what it loads."""

from __future__ import annotations

from pathlib import Path

from tests.cli.predict.commands import lines_of, piped, started
from tests.cli.test_help import modules_after


def test_standard_input_is_read_whether_or_not_it_is_named(texts: Path) -> None:
    expected = lines_of(texts, "abc", "", "ba")
    for arguments in ([], ["-"]):
        _, out, notes = piped(texts, *arguments, stdin=b"abc\n\nba\n")
        assert out.splitlines() == expected, notes


def test_an_empty_standard_input_is_noted(texts: Path) -> None:
    status, out, notes = piped(texts, stdin=b"")
    assert (status, out) == (0, "")
    assert notes.splitlines()[-1] == "no sources read"


def test_output_begins_before_all_input_is_read(texts: Path) -> None:
    with started(texts) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"abc\n")
        process.stdin.flush()
        first = process.stdout.readline()
        rest = process.communicate(b"ba\n", timeout=60)[0]
    assert (first + rest).decode().splitlines() == lines_of(texts, "abc", "ba")


def test_a_reader_that_leaves_ends_it_quietly(texts: Path) -> None:
    with started(texts, "--beam", 1) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, notes = process.communicate(b"abc\n" * 5000, timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in notes.decode()


def test_text_that_is_not_utf8_is_refused_in_one_line(texts: Path) -> None:
    status, _, notes = piped(texts, stdin=b"abc\n\xff\xfe\n")
    assert status == 1
    assert "is not utf-8" in notes.splitlines()[-1]


def test_predict_never_imports_torch(texts: Path) -> None:
    loaded = modules_after("predict", "--run", texts, "abc", "--show", "attention")
    assert "numpy" in loaded
    assert not {"torch", "matplotlib"} & loaded
