"""The last line about a run that has not reached its end: whether it is saved, and how to continue it."""

from __future__ import annotations

import shlex
import shutil
import sys
from types import TracebackType
from typing import TYPE_CHECKING, final

import typer

from seqgen.cli.shared.render import note
from seqgen.errors import SeqgenError

if TYPE_CHECKING:
    from seqgen.training import Session


@final
class LastWords:
    """For a block that trains: when Ctrl-C or a bug ends it, one line says how the run can be continued.

    An error that the user can mend says so itself.
    """

    def __init__(self, session: Session) -> None:
        self.is_saved = False
        """Whether everything is saved. Who saves it says so."""
        self._session = session

    def __enter__(self) -> LastWords:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, (Exception, KeyboardInterrupt)) and not isinstance(error, (SeqgenError, typer.Exit)):
            self.say()

    def say(self) -> None:
        """Say whether the run is saved, and how to continue."""
        step, folder = self._session.step, self._session.saved_in
        if folder is None:
            note(f"ended after step {step}, before the first save: begin again")
            return
        saved = f"saved at step {step}; continue with:"
        unsaved = f"ended after step {step} without a save; continue from the last one with:"
        _note_command(saved if self.is_saved else unsaved, f"seqgen train --resume {shlex.quote(str(folder))}")


def _note_command(sentence: str, command: str) -> None:
    """Print a sentence and its command, which stays whole: on a terminal too narrow for both, it has its own line."""
    if sys.stderr.isatty() and len(f"{sentence} {command}") > shutil.get_terminal_size().columns:
        note(sentence)
        note(command, wraps=False)
    else:
        note(f"{sentence} {command}", wraps=False)
