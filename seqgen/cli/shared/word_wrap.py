"""Text that comes piece by piece, with line breaks between words: a terminal alone would cut words at its edge."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import final

from rich.cells import cell_len

_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0003ffff"
)
"""Ranges of characters that may take two columns: of Chinese, Japanese and Korean, and pictures."""
_RUNS = re.compile(rf"\n|[^\S\n]|[^\s{_WIDE}]+|\S")
"""A line end, another white space, a run of narrow characters, or a character that may be wide. A line may break
before and after the wide characters of Chinese, Japanese and Korean, which have no spaces between words."""


@final
class WordWrap:
    """Holds back the latest word until it is known whether it still fits into the line.

    >>> wrap = WordWrap(width=8)
    >>> [wrap.add("Mina s"), wrap.add("at on"), wrap.finish()]
    ['Mina ', 'sat\\n', 'on']
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._column = 0
        self._word, self._word_width = "", 0

    def add(self, text: str, paint: Callable[[str], str] = str) -> str:
        """What can be shown now that this text has come. `paint` gives it its colours, which take no room."""
        shown = ""
        for run in _RUNS.findall(text):
            if run == "\n":
                shown += self.finish() + run
                self._column = 0
            elif run.isspace():
                shown += self.finish()
                shown += paint(run) if self._column < self._width else "\n"
                self._column = (self._column + 1) if self._column < self._width else 0
            else:
                is_wide = re.match(f"[{_WIDE}]", run) is not None
                if is_wide:
                    shown += self.finish()
                self._word += paint(run)
                self._word_width += cell_len(run)
                if is_wide or self._word_width > self._width:
                    shown += self.finish()
        return shown

    def finish(self) -> str:
        """The word that was held back, in this line or the next."""
        word, width = self._word, self._word_width
        self._word, self._word_width = "", 0
        if not width:
            return word
        starts_line = self._column > 0 and self._column + width > self._width
        end = width if starts_line else self._column + width
        self._column = (end - 1) % self._width + 1  # the terminal itself breaks a word that is wider than its line
        return "\n" + word if starts_line else word
