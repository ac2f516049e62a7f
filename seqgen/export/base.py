"""The contract of an export format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seqgen.config import ExportConfig, ExportPrecision
from seqgen.run import SavedModel

Notes = tuple[str, ...]
"""What an export lacks beside the run, or what one should know to use it: each a sentence without its full stop."""


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """How a format is written, and what that needs.

    >>> from seqgen.export import EXPORTERS
    >>> EXPORTERS["html"].is_folder, EXPORTERS["html"].suffix
    (False, '.html')
    """

    write: Callable[[SavedModel, Path, ExportConfig], Notes]
    """Writes into a path: a folder that exists and is empty, or a file that does not exist yet. Whatever the format
    cannot hold, it refuses before it writes anything."""
    is_folder: bool
    suffix: str
    """What the name of the run gets when the user names no output."""
    precisions: tuple[ExportPrecision, ...]
    """The number types that the format can hold, the usual one first."""
    packages: tuple[str, ...] = ()
    """The packages that it needs beyond those that seqgen always has."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written.

    >>> Exported(path=Path("story.html"), n_bytes=3, notes=()).path.suffix
    '.html'
    """

    path: Path
    n_bytes: int
    notes: Notes
