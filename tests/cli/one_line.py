"""Commands that end with one line on stderr."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from seqgen.cli import app

TINY = "--steps 2 --width 16 --streams 4 --window 16 --device cpu"


def run(*arguments: object) -> Result:
    """Run `seqgen` with these arguments."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def assert_one_line(result: Result, words: str) -> None:
    """Exit 1 and one line on stderr that holds the words, beside the one that names the model."""
    assert result.exit_code == 1, result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert not result.stdout
    lines = [line for line in result.stderr.splitlines() if not line.startswith("model: ")]
    assert len(lines) == 1
    assert lines[0].startswith("seqgen: ")
    for word in words.split("|"):
        assert word in lines[0]
