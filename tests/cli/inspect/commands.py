"""`seqgen inspect` as the tests call it."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from seqgen.cli import app


def inspect(*arguments: object) -> Result:
    """Run `seqgen inspect` with these arguments."""
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


def printed(*arguments: object) -> str:
    """What it prints, if it ends well."""
    result = inspect(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def report(*arguments: object) -> dict[str, Any]:
    """Its JSON report."""
    value: dict[str, Any] = json.loads(printed(*arguments, "--json"))
    return value


def refusal(*arguments: object) -> str:
    """The one line with which it ends if it can do nothing."""
    result = inspect(*arguments)
    assert result.exit_code == 1 and not result.stdout
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("seqgen: "))
    return line
