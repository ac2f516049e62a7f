"""Texts on standard output: as they are in a pipe or file. On a terminal they are wrapped and cannot steer it."""

from __future__ import annotations

import math
import os
import re
import shutil
import stat
import sys
from array import array
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, final

from seqgen.cli.shared.escaping import escape_controls

if TYPE_CHECKING:
    from seqgen.cli.shared.word_wrap import WordWrap

_LINE_END = re.compile(r"\r\n")
BYTES_OF_CHARACTER, BYTES_OF_PIECE = 1.2, 13
"""What a later text keeps of a character, and of a token beside its characters, with the room to grow."""


def goes_to_file() -> bool:
    """Whether standard output is a file, so that nobody sees a text while it is written."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except OSError:  # a stream without a descriptor, or a closed one
        return False


@final
class TextOutput:
    """Writes texts piece by piece, and each piece at once.

    Args:
        raw: whether a terminal gets the texts as they are, too.
    """

    def __init__(self, *, raw: bool = False) -> None:
        self._wrap: WordWrap | None = None
        self._held = ""
        """A carriage return that is part of a line end if a newline follows it, and steers a terminal if none does."""
        if sys.stdout.isatty() and not raw:
            from seqgen.cli.shared.word_wrap import WordWrap

            self._wrap = WordWrap(shutil.get_terminal_size().columns)

    def write(self, text: str, paint: Callable[[str], str] = str) -> None:
        """Write a piece, painted with the colours of a terminal. There, control characters are written out."""
        if self._wrap is None:
            sys.stdout.write(paint(text))
        else:
            text = self._held + text
            self._held = "\r" if text.endswith("\r") else ""
            shown = _LINE_END.sub("\n", text.removesuffix(self._held))
            sys.stdout.write(self._wrap.add(escape_controls(shown, keep="\n\t"), paint))
        sys.stdout.flush()

    def finish(self) -> None:
        """Write what was held back. A terminal gets a line end, so that the shell's prompt has a line of its own."""
        if self._wrap is not None:
            sys.stdout.write(self._wrap.add(escape_controls(self._held)) + self._wrap.finish() + "\n")
            sys.stdout.flush()


@final
class LaterText:
    """A text that is written at the same time as the one that is shown, and shown after it.

    If it is scored, it is kept in pieces, each of which is shown with its nats.

    >>> text = LaterText(scored=True)
    >>> text.add("Mi", 4.0), text.add("na", 2.5)
    (None, None)
    >>> list(text.pieces())
    [('Mi', 4.0), ('na', 2.5)]
    """

    def __init__(self, *, scored: bool) -> None:
        self._data = bytearray()  # in UTF-8; a StringIO takes eight times as much
        self._scored = scored
        self._lengths, self._nats = array("I"), array("d")
        """Of the pieces, in 12 bytes each."""

    def add(self, text: str, nats: float) -> None:
        """Keep a piece."""
        self._data += text.encode()
        if self._scored:
            self._lengths.append(len(text))
            self._nats.append(nats)

    def pieces(self) -> Iterator[tuple[str, float]]:
        """What was kept, with the nats of each piece."""
        text, end = self._data.decode(), 0
        if not self._scored:
            yield text, math.nan
        for length, nats in zip(self._lengths, self._nats, strict=True):
            start, end = end, end + length
            yield text[start:end], nats
