"""What a person would mend in a text before a model learns it: control characters, markup, long lines and the like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus.markup import count_markup, is_marked_up
from seqgen.tokenizers.alphabet import code_points

LONG_LINE = 10_000
"""Characters of a line from which it is reported."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\ufffd]")
"""Characters that stand for no text, beside tabs and line ends. Some are invisible, such as U+00AD (soft hyphen) and
U+200B (no space); those that join or part letters (U+200C, U+200D) belong to a script. U+FFFD stands for one that was
lost."""
_NAMES = {"\f": "form feed", "\v": "vertical tab", "\u00ad": "soft hyphen", "\ufffd": "lost character"}
"""What people call some of them, in sentences."""
_LINE_ENDS = re.compile("\r\n|[\n\r\u2028\u2029]")
_LINE_END_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR", "\u2028": "U+2028", "\u2029": "U+2029"}
_TRAILING = re.compile("[ \t\u00a0]{2,}(?=[\n\r])")
_MAX_NAMED = 3
"""How many kinds of control characters a sentence names."""
_MAX_WAITING = 1 << 20
"""Characters of a line that wait for its end."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What was found in one text."""

    line_ends: dict[str, int]
    """How often each kind of line end occurs, the most frequent first."""
    controls: dict[str, int]
    """How often each control character occurs, by its code such as `U+0007`, the most frequent first."""
    n_trailing: int
    """Lines that end in two or more spaces or tabs."""
    longest_trailing: int
    """Characters of the longest such run."""
    n_long_lines: int
    """Lines of more than `LONG_LINE` characters."""
    longest_line: int
    markup_share: float
    """Share of the characters that are tags or entities of HTML or XML."""

    def sentences(self) -> Iterator[str]:
        """What there is to mend, each in a few words."""
        if len(self.line_ends) > 1:
            yield "mixed line ends: " + ", ".join(f"{n:,} {name}" for name, n in self.line_ends.items())
        if self.controls:
            named = ", ".join(f"{n:,} {_name(code)}" for code, n in list(self.controls.items())[:_MAX_NAMED])
            yield f"control characters: {sum(self.controls.values()):,} ({named})"
        if self.n_trailing:
            yield f"lines that end in spaces: {self.n_trailing:,}, up to {self.longest_trailing:,} spaces"
        if self.n_long_lines:
            yield f"lines over {LONG_LINE:,} characters: {self.n_long_lines:,}, up to {self.longest_line:,}"
        if is_marked_up(self.markup_share):
            yield f"markup, such as <p> or &amp;: {self.markup_share:.1%} of the text"


def _name(code: str) -> str:
    """`U+000C (form feed)`, or the code alone."""
    name = _NAMES.get(chr(int(code.removeprefix("U+"), 16)))
    return code if name is None else f"{code} ({name})"


@final
class FaultFinder:
    """Looks at a text that somebody else reads, in constant memory. The text has the line ends of its file.

    >>> from seqgen.corpus.faults import FaultFinder
    >>> finder = FaultFinder()
    >>> "".join(finder.watch(["one  \\r\\ntwo\\n", "three\\x07\\n"])) == "one  \\r\\ntwo\\nthree\\x07\\n"
    True
    >>> list(finder.faults().sentences())[:2]
    ['mixed line ends: 2 LF, 1 CRLF', 'control characters: 1 (1 U+0007)']
    """

    def __init__(self) -> None:
        self._line_ends: Counter[str] = Counter()
        self._controls: Counter[str] = Counter()
        self._trailing: list[int] = [0, 0]
        """How many runs, and the length of the longest."""
        self._n_long_lines = self._longest_line = self._open_line = 0
        self._n_characters = self._n_markup = 0

    def watch(self, chunks: Iterable[str]) -> Iterator[str]:
        """The same chunks. All of them must be read before `faults` is asked."""
        waiting = ""
        for chunk in chunks:
            text = waiting + chunk
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1  # the last character may be half of a CRLF
            end = len(text) - 1 if not end and len(text) > _MAX_WAITING else end
            waiting = text[end:]
            self._add(text[:end])
            yield chunk
        self._add(waiting)

    def _add(self, text: str) -> None:
        """Count one more piece, which ends with a whole line unless that line is very long."""
        self._n_characters += len(text)
        self._n_markup += count_markup(text)
        self._line_ends.update(match[0] for match in _LINE_ENDS.finditer(text))
        self._controls.update(match[0] for match in _CONTROLS.finditer(text))
        for match in _TRAILING.finditer(text):
            self._trailing[0] += 1
            self._trailing[1] = max(self._trailing[1], len(match[0]))
        codes = code_points(text)
        ends = np.flatnonzero((codes == ord("\n")) | (codes == ord("\r")))
        lengths = np.diff(ends, prepend=-1 - self._open_line) - 1
        self._count_lines(lengths)
        self._open_line = len(text) - int(ends[-1]) - 1 if len(ends) else self._open_line + len(text)

    def _count_lines(self, lengths: NDArray[np.int64]) -> None:
        self._n_long_lines += int((lengths > LONG_LINE).sum())
        self._longest_line = max(self._longest_line, int(lengths.max(initial=0)))

    def faults(self) -> Faults:
        """What was found. Ask once, at the end."""
        self._count_lines(np.array([self._open_line]))
        return Faults(
            line_ends={_LINE_END_NAMES[end]: n for end, n in self._line_ends.most_common()},
            controls={f"U+{ord(character):04X}": n for character, n in self._controls.most_common()},
            n_trailing=self._trailing[0],
            longest_trailing=self._trailing[1],
            n_long_lines=self._n_long_lines,
            longest_line=self._longest_line,
            markup_share=self._n_markup / max(1, self._n_characters),
        )
