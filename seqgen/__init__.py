"""seqgen: turns any text into a trained language model, and the model into new text and honest numbers.

`train` trains a model and `load` opens a trained one, `LanguageModel` says what it can do, and `evaluate` scores
several. Below them, `seqgen.training` and `seqgen.evaluation` have every step of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.openmp import limit_spinning
from seqgen.version import __version__

limit_spinning()  # here, because it must come before torch is loaded

if TYPE_CHECKING:
    from seqgen.api import Evaluation, LanguageModel, evaluate, fresh_seed, load, resume, train

__all__ = ["Evaluation", "LanguageModel", "__version__", "evaluate", "fresh_seed", "load", "resume", "train"]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import `seqgen.api`, and NumPy with it, only when a name of it is first used: `seqgen --help` needs neither."""
    if name in __all__:
        from seqgen import api

        return getattr(api, name)
    raise AttributeError(f"module 'seqgen' has no attribute {name!r}")
