"""The group `seqgen inspect`, whose commands are loaded when they are needed."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, final

import typer

from seqgen.cli.shared.command_group import CommandGroup


@final
class InspectGroup(CommandGroup):
    """Imports its commands when one of them is named or listed: no other command waits for their many modules."""

    _loaded: MutableMapping[str, Any] | None = None

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """Name -> command."""
        if self._loaded is None:
            from seqgen.cli.inspect.commands import inspect_app

            self._loaded = typer.main.get_group(inspect_app).commands
        return self._loaded

    @commands.setter
    def commands(self, none_yet: MutableMapping[str, Any]) -> None:
        """The base class sets what typer has found, which is nothing."""
