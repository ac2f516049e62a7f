"""Options as a command gets them from a command line."""

from __future__ import annotations

from typing import TypeVar

import typer
from typer.testing import CliRunner

from seqgen.cli.shared.options import Options
from seqgen.cli.shared.typer_commands import typer_command

OptionsT = TypeVar("OptionsT", bound=Options)


def parse(options_class: type[OptionsT], *arguments: str) -> OptionsT:
    """The options that a command gets from a command line."""
    parsed: list[OptionsT] = []

    def command(options: OptionsT) -> None:
        parsed.append(options)

    command.__annotations__["options"] = options_class
    single = typer.Typer()
    single.command()(typer_command(command))
    result = CliRunner().invoke(single, arguments)
    assert result.exit_code == 0, result.output
    return parsed[0]
