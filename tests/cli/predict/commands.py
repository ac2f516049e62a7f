"""`seqgen predict` as the tests call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from seqgen.cli import app


def predict(run: Path, *arguments: object) -> Result:
    """Run `seqgen predict` with these arguments."""
    return CliRunner().invoke(app, ["predict", "--run", str(run), *map(str, arguments)])


def lines_of(run: Path, *arguments: object) -> list[str]:
    """The lines that it prints, if it ends well."""
    result = predict(run, *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout.removesuffix("\n").split("\n")


def objects_of(run: Path, *arguments: object) -> list[dict[str, Any]]:
    """Its JSON objects."""
    return [json.loads(line) for line in lines_of(run, *arguments, "--json")]


def started(run: Path, *arguments: object) -> subprocess.Popen[bytes]:
    """A process with pipes for its three streams."""
    command = [sys.executable, "-m", "seqgen", "predict", "--run", str(run), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def piped(run: Path, *arguments: object, stdin: bytes) -> tuple[int, str, str]:
    """The status of a process that reads from a pipe, and what it has written into the other two."""
    with started(run, *arguments) as process:
        out, notes = process.communicate(stdin, timeout=60)
    return process.returncode, out.decode(), notes.decode()
