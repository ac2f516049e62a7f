"""seqgen: any text in, a trained language model, new text out, and honest numbers about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.version import __version__

if TYPE_CHECKING:
    from seqgen.api import LanguageModel, load

__all__ = ["LanguageModel", "__version__", "load"]


def __getattr__(name: str) -> object:
    """Import `api`, and with it NumPy, only when it is asked for."""
    if name in ("LanguageModel", "load"):
        from seqgen import api

        return getattr(api, name)
    raise AttributeError(f"module 'seqgen' has no attribute {name!r}")
