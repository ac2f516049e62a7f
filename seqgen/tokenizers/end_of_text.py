"""Where a document ends: the id 0 among ids, and the one character `MARK` in a text in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

END_OF_TEXT = 0
"""The id of the end-of-text token, the same in every vocabulary. A model reads it before every text, and it stands
between two documents."""

MARK = "\udc00"
"""Takes the place of the separator between two documents. It is a lone surrogate, which no decoded file can contain."""


def mark_separators(chunks: Iterable[str], separator: str) -> Iterator[str]:
    """Put `MARK` in place of every separator, from left to right, even of one that two chunks share.

    >>> from seqgen.tokenizers import mark_separators
    >>> list(mark_separators(["one--two-", "-three"], "--"))
    ['one\\udc00two', '\\udc00three']
    """
    rest = ""
    for chunk in chunks:
        text = (rest + chunk).replace(separator, MARK) if separator else chunk
        # The chunk may end with the first n characters of a separator: they wait for the next chunk.
        n_waiting = next((n for n in range(len(separator) - 1, 0, -1) if text.endswith(separator[:n])), 0)
        end = len(text) - n_waiting
        rest = text[end:]
        yield text[:end]
    if rest:
        yield rest
