"""Standard streams that are closed, or fail while a command runs: notes are lost then, and nothing else is."""

from __future__ import annotations

import io
import os
import sys


def prepare_streams() -> None:
    """Give the process a standard output in UTF-8 and a standard error that never fails."""
    _fill_closed_descriptors()
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # writing to it fails, as it should
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stderr = TolerantStream.on_descriptor(2)


def _fill_closed_descriptors() -> None:
    """See to it that no file that is opened later gets the number of a standard stream.

    Otherwise what a library prints to a closed standard error would go into, say, a model file.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # gets the lowest number that is free, which is this one


class TolerantStream(io.TextIOWrapper):
    """A text stream for notes: once it cannot be written, the notes go nowhere.

    Its reader may leave (`2>&1 | head`), its terminal may close, its disk may be full. None of these is a reason to
    lose a training run.
    """

    @classmethod
    def on_descriptor(cls, descriptor: int) -> TolerantStream:
        """Write to a descriptor of the process, line by line."""
        raw = open(descriptor, "wb", closefd=False)
        return cls(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self._discard_from_now_on()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            self._discard_from_now_on()

    def _discard_from_now_on(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.fileno())
        os.close(null)
