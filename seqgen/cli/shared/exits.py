"""Where errors become one line on stderr and an exit status, and nowhere else."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from seqgen.errors import SeqgenError

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


RENAMED_OPTIONS = {"--until-boundary": "--until-end-of-text", "--costliest": "--highest-loss"}
"""Old name -> new name: the old one still works, and is in no help."""


class Commands(TyperGroup):
    """The group of all commands.

    What the user can mend, a value that an option cannot have included, ends with one line and status 1,
    a wrong use with status 2, Ctrl-C with 130; a bug keeps its traceback.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        rest: list[str] = super().parse_args(ctx, [RENAMED_OPTIONS.get(word, word) for word in args])
        return rest

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except SeqgenError as error:
            _end(str(error))
        except typer.BadParameter as error:
            if type(error) is not typer.BadParameter:  # a missing argument is a wrong use
                raise
            _end(error.format_message())
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EPIPE):
                raise
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123  what is still waiting cannot be written either
            if error.errno == errno.EPIPE:  # who reads has read enough
                raise typer.Exit(0) from None
            _end(f"cannot write the result: {error.strerror}")
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None


def _end(message: str) -> NoReturn:
    print(f"seqgen: {message}", file=sys.stderr)
    raise typer.Exit(EXIT_ERROR)
