"""A text file that somebody works on: read, saved, rescued, and never harmed."""

from __future__ import annotations

from pathlib import Path
from typing import final

from seqgen.durable import written_whole
from seqgen.errors import ConfigError


@final
class TextFile:
    """A UTF-8 file that may not be there yet. Its line ends, permissions and links stay as they are.

    Raises:
        ConfigError: it is no file, or no text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._line_end = "\n"
        self.text = ""
        """As it was read or saved last, with plain line ends."""
        self._stamp = self._current_stamp()
        if self._stamp is None:
            return
        if not path.is_file():
            raise ConfigError(f"{path} is no file")
        try:
            text = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read as text: {error}") from None
        if "\r\n" in text:
            self._line_end = "\r\n"
        self.text = text.replace("\r\n", "\n")

    def save(self, text: str) -> None:
        """Write the file anew; where somebody else has changed it, once not.

        Raises:
            ConfigError: it cannot be written, or was changed meanwhile.
        """
        if self._current_stamp() != self._stamp:
            self._stamp = self._current_stamp()
            raise ConfigError("the file was changed meanwhile; ^S again writes over it")
        target = self.path.resolve()
        mode = target.stat().st_mode if target.exists() else None
        self._write(target, text)
        if mode is not None:
            target.chmod(mode)
        self.text, self._stamp = text, self._current_stamp()

    def rescue(self, text: str) -> Path | None:
        """Write a text beside the file; None if that cannot be."""
        path = self.path.with_name(self.path.name + ".unsaved")
        try:
            self._write(path, text)
        except ConfigError:
            return None
        return path

    def _write(self, path: Path, text: str) -> None:
        data = text.replace("\n", self._line_end).encode(errors="replace")  # a byte typed that is no UTF-8 is no text
        try:
            with written_whole(path) as out:
                out.write(data)
        except OSError as error:
            raise ConfigError(error.strerror or str(error)) from None

    def _current_stamp(self) -> tuple[int, int] | None:
        """What changes when the file does."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
