"""Pictures beside the runs that they show, which nobody asked for: where one fails, a note says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from seqgen.cli.shared.loss_curves import LossHistory
from seqgen.cli.shared.pictures import draw_as_png
from seqgen.cli.shared.render import note
from seqgen.cli.shared.wanted_files import reason_of
from seqgen.durable import write_bytes

if TYPE_CHECKING:
    from seqgen.run import RunRecord, SavedModel

_Drawn = TypeVar("_Drawn")


def draw_or_note(draw: Callable[[], _Drawn], *, name: str) -> _Drawn | None:
    """What a function draws; None if it fails, whatever the reason: results matter more than their picture."""
    try:
        return draw()
    except Exception as error:
        note(f"{name} cannot be drawn: {reason_of(error)}")
        return None


def picture_path(model: SavedModel, name: str) -> Path:
    """Where a picture of a model goes: beside it, or for a base into the current folder."""
    return model.path.parent / name if model.base is None else Path(f"{model.base}-{name}")


def save_picture(path: Path, draw: Callable[[], bytes]) -> Path | None:
    """Draw a picture into a file. Returns the path, or None if that fails."""

    def draw_and_write() -> Path:
        write_bytes(path, draw())
        return path

    return draw_or_note(draw_and_write, name=str(path))


def picture_run(folder: Path, record: RunRecord) -> Path | None:
    """Draw a run's loss curves into its folder. Returns the path, or None if that fails."""

    def draw_and_save() -> Path:
        from seqgen.run import read_history, save_curve

        losses = LossHistory(read_history(folder), record)
        return save_curve(folder, draw_as_png(losses.curves(), title=folder.name, x_label="step", y_label=losses.unit))

    return draw_or_note(draw_and_save, name=f"the curve of {folder}")
