"""Files that `--out` asks for: what cannot be written is refused before the work, and costs no result after it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

from seqgen.cli.shared.render import note
from seqgen.durable import nearest_place, write_bytes
from seqgen.errors import ConfigError, RunError, SeqgenError

_Saved = TypeVar("_Saved")
_Kind = Literal["picture", "page"]
_PICTURE, _PAGES = ".png", (".html", ".htm")
"""Other files are not replaced: one may be named by mistake."""


def require_file(out: str) -> Path:
    """Where a file is to go. Ask before the work begins.

    Raises:
        ConfigError: no file can be written there.
    """
    path = Path(out)
    if path.exists() and not path.is_file():
        raise ConfigError(f"--out {out}: this is a folder or a device; name a file")
    if not path.parent.is_dir():
        raise ConfigError(f"--out {out}: there is no folder {path.parent}; name a file in a folder that exists")
    for place in (path, path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            raise ConfigError(f"--out {out}: {place} is read-only; name a file in another folder")
    return path


def require_picture(out: str | None) -> Path | None:
    """Where a picture is to go; None if none is wanted. Ask before the work begins.

    Raises:
        ConfigError: its name is not that of a PNG, or no file can be written there.
    """
    if out is not None and Path(out).suffix.lower() != _PICTURE:
        raise ConfigError(f"--out {out}: the picture is a PNG, so its name must end with .png")
    return None if out is None else require_file(out)


def require_page(out: str) -> Path:
    """Where a page of HTML is to go. Ask before the work begins.

    Raises:
        ConfigError: its name is not that of a page, or no file can be written there.
    """
    path = require_file(out)
    if path.suffix.lower() not in _PAGES:
        raise ConfigError(f"--out {out}: the page is HTML, so its name must end with .html")
    return path


def require_folder(out: str) -> Path:
    """A folder to put files into, which need not exist yet. Ask before the work begins.

    Raises:
        ConfigError: it cannot be made, or takes no files.
    """
    path = Path(out)
    nearest = nearest_place(path)
    if not nearest.is_dir():
        raise ConfigError(f"--out {out}: {nearest} is a file; name a folder")
    if not os.access(nearest, os.W_OK):
        raise ConfigError(f"--out {out}: {nearest} is read-only; name another folder")
    return path


@contextlib.contextmanager
def written(path: Path | None, make: Callable[[], bytes], *, kind: _Kind = "picture") -> Iterator[Path | None]:
    """Write a file if one is wanted, then let the block show the result. Gives the path, or None if that failed.

    The file is named after the block, even if another one has failed in it.

    Raises:
        RunError: after the block: the file cannot be made or written.
    """

    def write() -> Path | None:
        if path is not None:
            write_bytes(path, _made(path, make, kind))
        return path

    with attempted(write) as saved:
        try:
            yield saved
        finally:
            if saved is not None:
                note(f"{kind}: {saved}")


@contextlib.contextmanager
def attempted(save: Callable[[], _Saved]) -> Iterator[_Saved | None]:
    """Save something, then let the block show the result. Gives what `save` returns, or None if it failed.

    Raises:
        SeqgenError: after the block: that of `save`.
    """
    saved, failure = None, None
    try:
        saved = save()
    except SeqgenError as error:
        failure = error
    yield saved
    if failure is not None:
        raise failure


def _made(path: Path, make: Callable[[], bytes], kind: _Kind) -> bytes:
    try:
        return make()
    except SeqgenError:
        raise
    except Exception as error:  # whatever the reason: results matter more than their picture
        verb = "drawn" if kind == "picture" else "made"
        raise RunError(f"{path} cannot be {verb}: {reason_of(error)}") from error


def reason_of(error: Exception) -> str:
    """The first line of what an error says, or the name of its kind."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
