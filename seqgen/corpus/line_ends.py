"""Line ends of every kind turned into newlines, chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import final

CARRIAGE_RETURN = "\r"
_SEPARATORS = {"\u2028": "U+2028", "\u2029": "U+2029"}
"""The line separator and the paragraph separator of Unicode, with their names."""


@final
class LineEnds:
    """Turns line ends into newlines, and counts those that were something else.

    >>> from seqgen.corpus.line_ends import LineEnds
    >>> line_ends = LineEnds()
    >>> list(line_ends.unify(["one\\r", "\\ntwo\\rthree\\n"]))
    ['one', '\\ntwo\\nthree\\n']
    >>> line_ends.summary
    '1 CRLF and 1 CR'
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def unify(self, chunks: Iterable[str]) -> Iterator[str]:
        """A text with newlines for its line ends. A line end that two chunks share is still one."""
        is_waiting = False  # whether the chunk before ended in a carriage return, which a line feed may follow
        for chunk in chunks:
            text = CARRIAGE_RETURN + chunk if is_waiting else chunk
            is_waiting = text.endswith(CARRIAGE_RETURN)
            yield self._convert(text[:-1] if is_waiting else text)
        if is_waiting:
            yield self._convert(CARRIAGE_RETURN)

    def _convert(self, text: str) -> str:
        if CARRIAGE_RETURN in text:
            n_pairs = text.count("\r\n")
            self._counts["CRLF"] += n_pairs
            self._counts["CR"] += text.count(CARRIAGE_RETURN) - n_pairs
            text = text.replace("\r\n", "\n").replace(CARRIAGE_RETURN, "\n")
        for character, name in _SEPARATORS.items():
            if character in text:
                self._counts[name] += text.count(character)
                text = text.replace(character, "\n")
        return text

    @property
    def summary(self) -> str:
        """How many line ends of which kind became newlines; empty if there were none."""
        return " and ".join(f"{n:,} {name}" for name, n in self._counts.items() if n)


def unify_line_ends(text: str) -> str:
    """A text with newlines for its line ends.

    >>> from seqgen.corpus.line_ends import unify_line_ends
    >>> unify_line_ends("one\\r\\ntwo\\rthree\\n")
    'one\\ntwo\\nthree\\n'
    """
    if text.isascii() and CARRIAGE_RETURN not in text:  # most texts, at a fraction of the time
        return text
    return "".join(LineEnds().unify([text]))


def line_end_of(text: str) -> str:
    """The line end that a text uses most; a newline if it has no line.

    >>> from seqgen.corpus.line_ends import line_end_of
    >>> line_end_of("one\\r\\ntwo\\r\\nthree\\n")
    '\\r\\n'
    """
    n_pairs = text.count("\r\n")
    counts = {"\n": text.count("\n") - n_pairs, "\r\n": n_pairs, "\r": text.count("\r") - n_pairs}
    return max(counts, key=lambda line_end: counts[line_end])
