"""A group of commands: turns errors into one line on stderr and an exit status, and knows old option names."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.listed_commands import Listed, ListedCommands
from seqgen.cli.shared.mishaps import describe_mishap, is_of_output
from seqgen.cli.shared.render import wrap_words
from seqgen.cli.shared.usage_errors import UsageError, describe_usage_error
from seqgen.cli.shared.wait_line import WaitLine
from seqgen.errors import SeqgenError, did_you_mean
from seqgen.launch import require_working_folder
from seqgen.waiting import watched

EXIT_ERROR = 1
EXIT_WRONG_USE = 2
EXIT_INTERRUPTED = 130

RENAMED_OPTIONS = {"--until-boundary": "--until-end-of-text", "--costliest": "--highest-loss"}
"""Old name -> new name. Old names keep working, but the help does not list them."""

_HELP = {"-h", "--help"}
_WORDS = "seqgen.words"
"""Where a context keeps the words of the command line."""
_LIST_MARGINS = 6
"""Columns around the names in a list of commands."""


class CommandGroup(TyperGroup):
    """Runs one of the commands that it lists, whose modules are imported when it is named: no other waits for them.

    An error that the user can mend ends with one line and status 1, which includes a value that an option cannot have.
    A wrong use of the command line ends with status 2, Ctrl-C with 130. A bug keeps its traceback.
    """

    listed: ClassVar[Mapping[str, Listed]]
    """Its commands, in the order of its help. Each group has its own."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = ListedCommands(self.listed)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = args
        try:
            rest: list[str] = super().parse_args(ctx, [RENAMED_OPTIONS.get(word, word) for word in args])
        except UsageError as error:
            _end_wrong_use(error, args)
        except OSError as error:  # from printing the help
            end_of_output(error)
        return rest

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.listed:
            advice = did_you_mean(args[0], self.listed) or f": choose one of {', '.join(self.listed)}"
            _end(f"there is no command {args[0]}{advice}", EXIT_WRONG_USE)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        return [*self.listed]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands without loading them."""
        room = formatter.width - max(map(len, self.listed)) - _LIST_MARGINS
        lines = {name: TyperCommand(name, help=listed.help) for name, listed in self.listed.items()}
        with formatter.section("Commands"):
            formatter.write_dl([(name, line.get_short_help_str(room)) for name, line in lines.items()])

    def invoke(self, ctx: Any) -> Any:
        try:
            return self._invoke_watched(ctx)
        except SeqgenError as error:
            _end(str(error))
        except UsageError as error:
            _end_wrong_use(error, ctx.meta[_WORDS])
        except (OSError, MemoryError, RuntimeError, ImportError) as error:
            _end_of_mishap(error)
        except KeyboardInterrupt:
            if sys.stderr.isatty():
                print(file=sys.stderr)  # the terminal has echoed ^C, perhaps after a text; the prompt gets its own line
            raise typer.Exit(EXIT_INTERRUPTED) from None

    def _invoke_watched(self, ctx: Any) -> Any:
        """Run the command, with a line on the terminal while it is busy. Help needs no working folder."""
        if not _HELP & set(ctx.meta[_WORDS]):
            require_working_folder()
        with watched(WaitLine()):
            result = super().invoke(ctx)
        sys.stdout.flush()
        return result


def _end_of_mishap(error: Exception) -> NoReturn:
    """End because the machine refuses something, or because standard output does. A bug is raised again."""
    if isinstance(error, OSError) and is_of_output(error):
        end_of_output(error)
    if (message := describe_mishap(error)) is None:
        raise error
    _end(message)


def end_of_output(error: OSError) -> NoReturn:
    """End because standard output takes no more; quietly with status 0 if its reader has left, as `head` does.

    Raises:
        OSError: the error itself, if it does not come from standard output.
    """
    if not is_of_output(error):
        raise error
    _give_up_output()
    if error.errno == errno.EPIPE:
        raise SystemExit(0)
    _end(f"cannot write the result: {error.strerror}; send it elsewhere, as with > FILE")


def _give_up_output() -> None:
    """Print nowhere from now on, so that the end of the process does not try to write what is left and fail again."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123


def _end_wrong_use(error: Any, words: list[str]) -> NoReturn:
    """End with one line. A value that an option cannot have is not a wrong use, but bad input."""
    if type(error).__name__ == "NoArgsIsHelpError":
        raise error
    is_bad_value = type(error) is typer.BadParameter
    _end(describe_usage_error(error, words), EXIT_ERROR if is_bad_value else EXIT_WRONG_USE)


def _end(message: str, status: int = EXIT_ERROR) -> NoReturn:
    try:
        sys.stdout.flush()  # the results so far come before the line
    except OSError:
        _give_up_output()
    line = f"seqgen: {escape_controls(message)}"
    print(wrap_words(line) if sys.stderr.isatty() else line, file=sys.stderr)
    raise SystemExit(status)
