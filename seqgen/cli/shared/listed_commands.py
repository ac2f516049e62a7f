"""Commands that are listed by name and by what they do, and whose modules are imported when they are named."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, final

import typer

from seqgen.cli.shared.typer_commands import typer_command


@dataclass(frozen=True)
class Listed:
    """A command or a group of commands before it is loaded."""

    help: str
    """What the list of commands says of it: the first sentence of its own help."""
    place: str
    """Where it is, as `MODULE:NAME`: a function, or the class of a group."""


@final
class ListedCommands(Mapping[str, Any]):
    """Name -> command. The names are there at once, a command when it is looked up."""

    def __init__(self, listed: Mapping[str, Listed]) -> None:
        self._listed = listed
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _load(name, self._listed[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


def _load(name: str, listed: Listed) -> Any:
    module, _, attribute = listed.place.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, type):
        return found(name=name, help=listed.help, no_args_is_help=True, rich_markup_mode=None)
    alone = typer.Typer(rich_markup_mode=None)
    alone.command(name)(typer_command(found) if inspect.signature(found).parameters else found)
    return typer.main.get_group(alone).commands[name]
