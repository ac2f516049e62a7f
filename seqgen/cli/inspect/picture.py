"""The picture that a command of `seqgen inspect` draws if it is asked to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seqgen.cli.shared.picture_files import save_picture
from seqgen.errors import ConfigError


def require_picture_path(out: str | None) -> Path | None:
    """Where a picture is to go; None if none is wanted. Ask before the work begins.

    Raises:
        ConfigError: it is no PNG, or its folder does not exist.
    """
    if out is None:
        return None
    path = Path(out)
    if path.suffix.lower() != ".png":
        raise ConfigError(f"--out {out}: the picture is a PNG, so its name must end with .png")
    if not path.parent.is_dir():
        raise ConfigError(f"--out {out}: there is no folder {path.parent}")
    return path


def save_wanted_picture(path: Path | None, draw: Callable[[], bytes]) -> Path | None:
    """Draw a picture into a file, if one is wanted. Returns the path if it was drawn."""
    return None if path is None else save_picture(path, draw)
