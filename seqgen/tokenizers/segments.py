"""A text cut into short segments at fixed points, so that ids do not depend on how the text was read.

Tokenizers encode a text segment by segment, and no token reaches across the end of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqgen.tokenizers.end_of_text import MARK

MAX_SEGMENT_LENGTH = 4096
"""Characters after which a text without a newline is cut."""


def split_segments(document: str) -> list[str]:
    """The segments of a text without marks; joined, they are the text again.

    A segment ends after a newline. Where `MAX_SEGMENT_LENGTH` characters hold none, it ends before the last space or
    tab among them, and without one of these after all of them.

    >>> from seqgen.tokenizers.segments import split_segments
    >>> split_segments("one\\ntwo words")
    ['one\\n', 'two words']
    """
    segments: list[str] = []
    start = 0
    while start < len(document):
        end = document.find("\n", start, start + MAX_SEGMENT_LENGTH) + 1
        if not end:
            end = min(start + MAX_SEGMENT_LENGTH, len(document))
            if end < len(document):
                space = max(document.rfind(" ", start + 1, end), document.rfind("\t", start + 1, end))
                end = space if space > start else end
        segments.append(document[start:end])
        start = end
    return segments


def regroup_segments(chunks: Iterable[str]) -> Iterator[str]:
    """The same text in chunks of whole segments, none of them empty.

    >>> from seqgen.tokenizers.segments import regroup_segments
    >>> list(regroup_segments(["one\\ntw", "o\\nthree"]))
    ['one\\n', 'two\\n', 'three']
    """
    rest = ""
    for chunk in chunks:
        rest += chunk
        end = max(rest.rfind("\n"), rest.rfind(MARK)) + 1
        *whole, rest = rest[:end], *(split_segments(rest[end:]) or [""])
        yield from filter(None, whole)
    if rest:
        yield rest
