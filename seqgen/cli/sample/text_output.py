"""Texts on standard output: as they are in a pipe or file. On a terminal they are wrapped and cannot steer it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, final

from seqgen.cli.shared.render import escape_controls

if TYPE_CHECKING:
    from seqgen.cli.shared.word_wrap import WordWrap


@final
class TextOutput:
    """Writes texts piece by piece, and each piece at once."""

    def __init__(self) -> None:
        self._wrap: WordWrap | None = None
        if sys.stdout.isatty():
            from seqgen.cli.shared.word_wrap import WordWrap

            self._wrap = WordWrap(shutil.get_terminal_size().columns)

    def write(self, text: str, paint: Callable[[str], str] = str) -> None:
        """Write a piece, painted with the colours of a terminal. There, control characters are written out."""
        if self._wrap is None:
            sys.stdout.write(paint(text))
        else:
            sys.stdout.write(self._wrap.add(escape_controls(text, keep="\n\r\t"), paint))
        sys.stdout.flush()

    def finish(self) -> None:
        """Write what was held back. A terminal gets a line end, so that the shell's prompt has a line of its own."""
        if self._wrap is not None:
            sys.stdout.write(self._wrap.finish() + "\n")
            sys.stdout.flush()
