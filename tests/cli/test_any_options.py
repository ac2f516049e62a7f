"""Every option of every command takes any value: it is understood, or refused in one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from seqgen.cli import app

STRANGE = [
    "", "-0.0", "-1", "9" * 5000, "1e309", "nan", "\u0663", "\udc80", "\ud800", "[b]x[/]{0}%s", "a\nb\x1b[31m",
    "=", "--", "\\",
]  # fmt: skip
VALUES = st.sampled_from(STRANGE) | st.text(st.characters(exclude_characters="\0"), max_size=8)


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """The words of every command, and what click knows about it."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        if hasattr(command, "listed"):
            waiting += [((*words, name), command.commands[name]) for name in command.listed]
        elif command.params:
            yield words, command


COMMANDS = dict(sorted(commands()))


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands end when their options are parsed and go together."""

    def end(*_: object) -> None:
        raise typer.Exit(0)

    monkeypatch.setattr("seqgen.cli.shared.typer_commands.require_combination", end)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@settings(max_examples=16)
@given(data=st.data())
def test_any_value_of_any_option_is_parsed_or_refused_in_one_line(words: tuple[str, ...], data: st.DataObject) -> None:
    options = [param for param in COMMANDS[words].params if param.param_type_name == "option"]
    chosen = data.draw(st.lists(st.sampled_from(options), min_size=1, max_size=3, unique=True)) if options else []
    given_ = [param.opts[-1] if param.is_flag else f"{param.opts[-1]}={data.draw(VALUES)}" for param in chosen]
    arguments = data.draw(st.lists(VALUES, max_size=3))
    result = CliRunner().invoke(app, [*words, *given_, "--", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (0, 1, 2)
    assert (len(result.stderr.splitlines()) == 1) == (result.exit_code > 0)
    assert not any(ord(character) < 32 or character == "\x7f" for character in result.stderr.rstrip("\n"))
