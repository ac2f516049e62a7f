"""The model that a user names: by its run folder, its file or the name of a base, or by nothing for the newest run."""

from __future__ import annotations

import contextlib
import difflib
from pathlib import Path

from seqgen.bases import BASES
from seqgen.config import checked_path
from seqgen.errors import RunError
from seqgen.run.folder import CHECKPOINTS, MODEL_FILE
from seqgen.run.newest import newest_models
from seqgen.run.saved_model import SavedModel, load_model


def open_model(run: str | Path | None = None) -> SavedModel:
    """Open the model of a run folder, a model file or a base by its name. None opens the newest run in `./checkpoints`.

    The newest run is the one created last among those that load; one that is still being trained comes last. If it
    took part in a race, the best run of that race is opened. A path that exists comes before a base of that name.

    Raises:
        ConfigError: this is no path.
        RunError: there is no such model, or it cannot be read.

    >>> open_model().path == open_model("checkpoints/story").path
    True
    >>> open_model("english").n_parameters
    2993505
    """
    if run is None:
        return _open_newest()
    path = checked_path(run, "run")
    try:
        if path.is_dir():
            path = path / MODEL_FILE
            if not path.exists():
                raise RunError(f"{run} is not a run folder: there is no {MODEL_FILE} in it")
        elif not path.exists():
            path = _base_called(str(run))
    except OSError as error:
        raise RunError(f"{run} cannot be read: {error.strerror or error}") from None
    if path.suffix != ".safetensors":
        raise RunError(
            f"{run} is neither a run folder nor a .safetensors file: seqgen train learns from a text, and seqgen eval "
            f"--on {run} scores it"
        )
    return load_model(path)


def _open_newest() -> SavedModel:
    for path in newest_models(CHECKPOINTS):
        with contextlib.suppress(RunError):
            return load_model(path)
    raise RunError(f"there is no run under ./{CHECKPOINTS}/: train one with `seqgen train TEXT`, or name a run")


def _base_called(name: str) -> Path:
    """The file of a base.

    Raises:
        RunError: there is none; with what is called nearly so, or with the bases that there are.
    """
    if name not in BASES:
        what_to_give = f": give a run folder, a .safetensors file or a base ({', '.join(BASES)})"
        raise RunError(f"{name} does not exist{_near(name) or what_to_give}")
    return BASES[name]


def _near(name: str) -> str:
    """The base or the run under `./checkpoints` that is called nearly so. Only the names of folders are compared."""
    runs = {path.parent.name: str(path.parent) for path in CHECKPOINTS.glob(f"*/{MODEL_FILE}")}
    nearest = difflib.get_close_matches(Path(name).name, [*BASES, *runs], n=1)
    return f"; did you mean {runs.get(nearest[0], nearest[0])}?" if nearest else ""
