"""Commands are listed without being loaded, and say the same in a list as in their own help."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer.main

from seqgen.cli import app
from seqgen.cli.shared.command_group import CommandGroup
from seqgen.cli.shared.listed_commands import Listed


def every_command() -> Iterator[tuple[str, Listed, str]]:
    """The name of each command, how it is listed, and its own help."""
    top = typer.main.get_command(app)
    assert isinstance(top, CommandGroup)
    groups = [top]
    while groups:
        group = groups.pop()
        for name, listed in group.listed.items():
            command = group.commands[name]
            yield name, listed, command.help
            groups += [command] if isinstance(command, CommandGroup) else []


@pytest.mark.parametrize(("name", "listed", "text"), list(every_command()), ids=lambda value: str(value).split()[0])
def test_a_command_is_listed_with_the_first_sentence_of_its_help(name: str, listed: Listed, text: str) -> None:
    assert inspect.cleandoc(text).startswith(listed.help), name
    assert listed.help.endswith(".") or '"' in listed.help


def test_commands_are_loaded_when_they_are_named_and_not_before() -> None:
    code = """
import sys
from typer.testing import CliRunner
from seqgen.cli import app
for words in (["--help"], ["inspect", "--help"], ["inspect", "memory", "--help"], ["nothing"]):
    CliRunner().invoke(app, words)
    modules = ("seqgen.cli.inspect.group", "seqgen.cli.inspect.memory", "seqgen.cli.train.train")
    print(*(module in sys.modules for module in modules))
"""
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = ["False False False", "True False False", "True True False", "True True False"]
    assert result.stdout.splitlines() == loaded
