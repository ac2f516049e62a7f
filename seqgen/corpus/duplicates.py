"""Equal documents of a text: which there are, and an order in which a split does not part them.

A document in both the training part and the validation part makes the score of a model too good. So a split cuts the
documents in the order of `unite`, in which equal ones stand side by side.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.stored_text import StoredText
from seqgen.waiting import waiting

_HASH_BYTES = 8
_BLOCK = 1 << 16  # documents whose spans are Python's numbers at a time
_COMMON_SHARE = 0.01
"""Equal documents that together make more than this share of a text come first in the order, and so into the training
part: wherever they stood, a small part could hold hardly anything else."""


@dataclass(frozen=True)
class Groups:
    """The documents of a text in groups of equal ones.

    >>> import numpy as np
    >>> groups = Groups(order=np.array([0, 3, 1, 2]), starts=np.array([0, 2, 3]))  # the first and the last are equal
    >>> groups.n_repeated
    1
    """

    order: NDArray[np.intp]
    """(N,): numbers of documents, group by group. Groups stand in the order of their first documents."""
    starts: NDArray[np.intp]
    """Where each group begins in `order`."""

    @classmethod
    def of_single(cls, n_documents: int) -> Groups:
        """A group for each document, in their own order."""
        numbers = np.arange(n_documents)
        return cls(numbers, numbers)

    @property
    def n_repeated(self) -> int:
        """How many documents are equal to one before them."""
        return len(self.order) - len(self.starts)


def hash_documents(text: StoredText, spans: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A hash of 64 bits for each document of a text, in the order of its spans. (N,)

    >>> from pathlib import Path
    >>> import numpy as np
    >>> from seqgen.corpus.duplicates import hash_document, hash_documents
    >>> from seqgen.corpus.stored_text import store_text
    >>> hashes = hash_documents(store_text(["story.txt"]), np.array([[0, 4], [4, 8]]))
    >>> int(hashes[0]) == hash_document(Path("story.txt").read_text()[:4])
    True
    """
    hashes = np.empty(len(spans), dtype=np.uint64)
    order = np.argsort(spans[:, 0], kind="stable")  # as they stand in the file, which reads faster
    with waiting("comparing the documents"), text.mapped() as data, memoryview(data) as view:
        for first in range(0, len(spans), _BLOCK):
            numbers = order[first : first + _BLOCK]
            digests = [_digest(view[start:end]) for start, end in spans[numbers].tolist()]
            hashes[numbers] = np.frombuffer(b"".join(digests), dtype="<u8")
    return hashes


def hash_document(document: str) -> int:
    """The hash that `hash_documents` gives a document with this text."""
    return int.from_bytes(_digest(document.encode(errors="surrogatepass")), "little")


def _digest(data: bytes | memoryview) -> bytes:
    # Python's own hash is another one in every process, and the split must not depend on it.
    return hashlib.blake2b(data, digest_size=_HASH_BYTES).digest()


def unite(text: StoredText, spans: NDArray[np.int64]) -> Groups:
    """Find the equal documents of a text, whose spans may be in any order.

    >>> from pathlib import Path
    >>> from seqgen.corpus.documents import Division
    >>> from seqgen.corpus.duplicates import unite
    >>> from seqgen.corpus.stored_text import store_text
    >>> _ = Path("names.txt").write_text("Ann\\nBob\\nAnn\\n")
    >>> text = store_text(["names.txt"])
    >>> unite(text, Division(documents="line", separator="\\n").spans(text)).n_repeated
    1
    """
    _, first, group_of, sizes = np.unique(
        hash_documents(text, spans), return_index=True, return_inverse=True, return_counts=True
    )
    lengths = spans[:, 1] - spans[:, 0]
    n_bytes = np.bincount(group_of, weights=lengths)
    is_common = (sizes > 1) & (n_bytes > _COMMON_SHARE * lengths.sum())
    rank = np.where(is_common, first - len(spans), first)  # of groups
    order = np.argsort(rank[group_of], kind="stable")
    starts = np.cumsum(sizes[np.argsort(rank)]) - sizes[np.argsort(rank)]
    return Groups(order, starts)
