"""The folder of the user's cache: texts by their hash, encoded ids, indexes of texts and downloaded corpora.

Everything in it can be made again, except texts that came from standard input. This module imports nothing of its
package on purpose: several modules of this package and of `sampling` keep files here, and none of them should import
another for it.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from seqgen.errors import CorpusError

ENVIRONMENT_VARIABLE = "SEQGEN_CACHE"
UNFINISHED_S = 24 * 3600.0
"""A temporary file that nobody has written to for a day is the rest of a process that was killed."""


def cache_folder() -> Path:
    """`$SEQGEN_CACHE` if it is set, otherwise the folder that the operating system provides for caches.

    >>> import os
    >>> from seqgen.corpus.cache import cache_folder
    >>> str(cache_folder()) == os.environ["SEQGEN_CACHE"]
    True
    """
    return Path(os.environ.get(ENVIRONMENT_VARIABLE) or platformdirs.user_cache_path("seqgen", appauthor=False))


def cannot_keep(what: str, folder: Path, error: OSError) -> CorpusError:
    """The error of a cache folder that takes no more: it says what to do.

    >>> from seqgen.corpus.cache import cannot_keep
    >>> str(cannot_keep("the text", Path("cache"), PermissionError(13, "Permission denied")))
    'the text cannot be kept in cache: Permission denied; set SEQGEN_CACHE to a folder with room that you may write to'
    """
    remedy = f"set {ENVIRONMENT_VARIABLE} to a folder with room that you may write to"
    return CorpusError(f"{what} cannot be kept in {folder}: {error.strerror or error}; {remedy}")
