"""The bases: trained models that come with seqgen, to begin a training run from. Beside each is a card about it."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent

BASES: dict[str, Path] = {name: _FOLDER / f"{name}.safetensors" for name in ("english",)}
"""Name -> model file. Its weights are in half precision."""

DEFAULT_BASE = "english"
"""The base that a plan weighs as a start."""
