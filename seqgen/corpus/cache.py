"""The user's cache folder: texts by their hash, encoded ids, fetched corpora.

All of it can be made again, but for texts that came from standard input.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

ENVIRONMENT_VARIABLE = "SEQGEN_CACHE"


def cache_folder() -> Path:
    """`$SEQGEN_CACHE`, or the place where the system keeps such things."""
    return Path(os.environ.get(ENVIRONMENT_VARIABLE) or platformdirs.user_cache_path("seqgen", appauthor=False))
