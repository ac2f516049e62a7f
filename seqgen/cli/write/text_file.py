"""The text file that `seqgen write` works on. It is saved whole, and never over somebody else's changes."""

from __future__ import annotations

from pathlib import Path
from typing import final

from seqgen.durable import written_whole
from seqgen.errors import ConfigError


@final
class TextFile:
    """A UTF-8 file, which need not exist yet. Its line ends, permissions and links stay as they are.

    Raises:
        ConfigError: the path is not a file, or the file is not text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._line_end = "\n"
        self.text = ""
        """The text as it was read or saved last, with `\\n` as line end."""
        self._stamp = self._read_stamp()
        if self._stamp is None:
            return
        from seqgen.corpus.line_ends import line_end_of, unify_line_ends

        if not path.is_file():
            raise ConfigError(f"{path} is not a file")
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path} is not UTF-8 at byte {error.start}: convert it first, as with iconv") from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
        self._line_end = line_end_of(text)
        self.text = unify_line_ends(text)

    def save(self, text: str) -> None:
        """Write the file. If somebody else has changed it, the first attempt fails and the second one succeeds.

        Raises:
            ConfigError: the file cannot be written, or has been changed by somebody else.
        """
        if self._read_stamp() != self._stamp:
            self._stamp = self._read_stamp()
            raise ConfigError("somebody else has changed the file; ^S again overwrites it")
        target = self.path.resolve()
        mode = target.stat().st_mode if target.exists() else None
        self._write(target, text)
        if mode is not None:
            target.chmod(mode)
        self.text, self._stamp = text, self._read_stamp()

    def rescue(self, text: str) -> Path | None:
        """Save an unsaved text in a file of its own beside this one. Returns its path, or None if that fails."""
        path = self.path.with_name(self.path.name + ".unsaved")
        try:
            self._write(path, text)
        except ConfigError:
            return None
        return path

    def _write(self, path: Path, text: str) -> None:
        data = text.replace("\n", self._line_end).encode(errors="replace")  # a byte that was typed may not be UTF-8
        try:
            with written_whole(path) as out:
                out.write(data)
        except OSError as error:
            raise ConfigError(error.strerror or str(error)) from None

    def _read_stamp(self) -> tuple[int, int] | None:
        """Time and size of the file, which change when somebody writes it. None if it does not exist."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
