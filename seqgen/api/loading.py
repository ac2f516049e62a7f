"""Opening a trained model."""

from __future__ import annotations

from pathlib import Path

from seqgen.api.model import LanguageModel
from seqgen.config import Device
from seqgen.run import open_model


def load(run: str | Path | None = None, *, device: Device = "cpu") -> LanguageModel:
    """Open a run folder, a `.safetensors` file or a base by its name.

    None opens the newest run under `./checkpoints`, or the best run of a race if that is the newest.

    `device` is where the model writes and scores: cpu, cuda, mps, or auto, which takes a GPU if there is one. A GPU is
    faster for many texts at once; for one text the CPU is.

    Raises:
        RunError: there is no such run, or it cannot be read.

    >>> from seqgen import load
    >>> load("checkpoints/story").name, load("english").name
    ('story', 'english')
    >>> load("elsewhere")
    Traceback (most recent call last):
    seqgen.errors.RunError: elsewhere does not exist: give a run folder, a .safetensors file or a base (english)
    """
    return LanguageModel(open_model(run), device=device)
