"""The folder that `seqgen music --out` fills: a page, and an ABC file, a MIDI file and a drawing for each tune."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from seqgen.cli.music.output import MusicReport
from seqgen.cli.music.page import PAGE_FILE, page_of
from seqgen.cli.shared.render import note
from seqgen.cli.shared.wanted_files import require_folder
from seqgen.durable import write_bytes
from seqgen.errors import RunError
from seqgen.waiting import waiting
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.music import Tune

_NAME_LENGTH = 40


def require_new_folder(out: str) -> Path:
    """Refuse a folder that has something in it or takes no files, before any tune is written.

    Raises:
        SeqgenError: it has, or it cannot be made, or takes no files.
    """
    folder = require_folder(out)
    if folder.is_dir() and any(folder.iterdir()):
        raise RunError(f"{folder} is not empty, and nothing in it is overwritten: give a new folder with --out")
    return folder


def save_tunes(folder: Path, report: MusicReport) -> list[dict[str, str]]:
    """Write the files. Returns the names of those of each tune, by their endings."""
    from seqgen.music import engrave, engraving_note, midi_of

    missing = engraving_note()
    drawings: list[str | None] = [None] * len(report.tunes)
    if missing is None:
        with waiting("drawing the tunes"):
            drawings = engrave([tune.text for tune in report.tunes])
    saved = []
    for number, (tune, drawing) in enumerate(zip(report.tunes, drawings, strict=True), start=1):
        data = {"abc": f"{tune.text}\n".encode(), "mid": midi_of(tune)}
        if drawing is not None:
            data["svg"] = drawing.encode()
        names = {ending: f"{_name(tune, number)}.{ending}" for ending in data}
        for ending, name in names.items():
            write_bytes(folder / name, data[ending])
        saved.append(names)
    write_bytes(folder / PAGE_FILE, page_of(report, drawings, saved).encode())
    _note_saved(folder, drawings, missing)
    return saved


def _name(tune: Tune, number: int) -> str:
    """A name of a file that any system takes: the number and the title."""
    words = re.sub(r"[^a-z0-9]+", "-", tune.title.lower().replace("'", ""))[:_NAME_LENGTH].strip("-")
    return f"{number:02}-{words}" if words else f"{number:02}"


def _note_saved(folder: Path, drawings: list[str | None], missing: str | None) -> None:
    note(f"open {folder / PAGE_FILE} to see and hear {count_of(len(drawings), 'tune')}")
    n_failed = drawings.count(None)
    if missing is not None:
        note(f"{missing}; the page plays the tunes, and shows them as ABC")
    elif n_failed:
        note(f"without notation, because verovio cannot read it: {count_of(n_failed, 'tune')}")
