"""All documents of a text that a model was trained on, to tell whether another document is one of them."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.duplicates import hash_document, hash_documents
from seqgen.corpus.parts import CorpusPart


@final
class KnownDocuments:
    """The documents of a text, each as a hash of 64 bits.

    >>> from pathlib import Path
    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import KnownDocuments, open_corpus
    >>> _ = Path("names.txt").write_text("Ann\\nBob\\n")
    >>> train = open_corpus(CorpusConfig(paths=("names.txt",), documents="line")).parts["train"]
    >>> known = KnownDocuments.around(train)
    >>> ["Ann" in known, "Bob" in known, "Eve" in known]
    [True, True, False]
    """

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._hashes = np.sort(hashes)

    @classmethod
    def around(cls, part: CorpusPart) -> KnownDocuments:
        """The documents of the whole text that a part was taken from, those of its other parts included."""
        return cls(hash_documents(part.text, part.division.spans(part.text)))

    def __contains__(self, document: str) -> bool:
        wanted = np.uint64(hash_document(document))
        place = int(np.searchsorted(self._hashes, wanted))
        return place < len(self._hashes) and bool(self._hashes[place] == wanted)
