"""seqgen: turns any text into a trained language model, and the model into new text and honest numbers.

`load` opens a trained model; `seqgen.api` documents what it can do. Training is in `seqgen.training`, scores and
comparisons in `seqgen.evaluation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.openmp import limit_spinning
from seqgen.version import __version__

limit_spinning()  # here, because it must come before torch is loaded

if TYPE_CHECKING:
    from seqgen.api import LanguageModel, fresh_seed, load

__all__ = ["LanguageModel", "__version__", "fresh_seed", "load"]


def __getattr__(name: str) -> object:
    """Import `seqgen.api`, and NumPy with it, only when a name of it is first used: `seqgen --help` needs neither."""
    if name in ("LanguageModel", "fresh_seed", "load"):
        from seqgen import api

        return getattr(api, name)
    raise AttributeError(f"module 'seqgen' has no attribute {name!r}")
