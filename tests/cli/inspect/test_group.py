"""`seqgen inspect` as a group: what it costs those who do not use it."""

from __future__ import annotations

import subprocess
import sys


def test_its_commands_are_loaded_when_one_is_named_and_not_before() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from seqgen.cli import app\n"
        "for words in (['--help'], ['inspect', 'memory', '--help']):\n"
        "    CliRunner().invoke(app, words)\n"
        "    print('seqgen.cli.inspect.memory' in sys.modules)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout.split() == ["False", "True"]
