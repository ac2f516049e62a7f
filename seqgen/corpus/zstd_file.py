"""A .zst file as a stream of decompressed bytes, in bounded memory."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, final

import zstandard

_BLOCK_BYTES = 1 << 16
"""Compressed bytes read from the file at once."""

_STEP_BYTES = 256
"""Compressed bytes decompressed at once. Four bytes can stand for 128 KiB, so a step gives 8 MiB at the very most."""


@final
class ZstdFile(io.RawIOBase):
    """Decompresses all frames of a file, one after another.

    The zstandard library has a stream reader of its own, but that takes a file that was cut short for a whole one. Here
    such a file raises EOFError.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame: Any = None
        """Decompresses the current frame; None between two frames."""
        self._compressed = memoryview(b"")
        self._decompressed = memoryview(b"")  # both are views, so that taking bytes from their front copies nothing

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._decompressed and self._decompress_more():
            pass
        n_read = min(len(buffer), len(self._decompressed))
        buffer[:n_read] = self._decompressed[:n_read]
        self._decompressed = self._decompressed[n_read:]
        return n_read

    def _decompress_more(self) -> bool:
        """Decompress the next few bytes, which may give nothing yet; False at the end of the file.

        Raises:
            EOFError: the file ends inside a frame.
        """
        if not self._compressed:
            self._compressed = memoryview(self._file.read(_BLOCK_BYTES))
        if not self._compressed:
            if self._frame is not None:
                raise EOFError("the file ends inside a frame")
            return False
        if self._frame is None:
            self._frame = self._decompressor.decompressobj()
        step = self._compressed[:_STEP_BYTES]
        self._decompressed = memoryview(self._frame.decompress(step))
        n_used = len(step) - len(self._frame.unused_data)  # the rest belongs to the next frame
        self._compressed = self._compressed[n_used:]
        if self._frame.eof:
            self._frame = None
        return True

    def close(self) -> None:
        self._file.close()
        super().close()
