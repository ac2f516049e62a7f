"""How text fills the rows of the editor's screen: it breaks between words, and what does not fit is left out whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from prompt_toolkit.layout.screen import Char
from prompt_toolkit.utils import get_cwidth

from seqgen.cli.shared.escaping import STEERING

Char.display_mappings.update({character: f"<{ord(character):x}>" for character in STEERING})
"""The library itself writes out control characters only."""

_RUNS = re.compile(r"[^\S\xa0]|(?:\S|\xa0)+")
"""A blank, or what stands between two."""
_WIDE = 2
_JOINER = "\u200d"
"""Joins two emoji into one."""
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two of them make a flag."""
_STAY_WITH_NEXT = frozenset({"Ps", "Pi"})
"""Opening brackets and quotation marks."""
_STAY_WITH_PREVIOUS = frozenset({"Pe", "Pf", "Po", "Sk", "Lm"})
"""Closing brackets and quotation marks, other punctuation, skin tones of emoji, marks that lengthen a vowel."""


class Rows(NamedTuple):
    """Where the rows of one line begin, in characters, and how many columns each has."""

    starts: tuple[int, ...]
    widths: tuple[int, ...]


class _Word(NamedTuple):
    """A part of a line in which no row ends, or one blank."""

    start: int
    text: str

    @property
    def width(self) -> int:
        return columns_of(self.text)


@lru_cache(maxsize=256)
def rows_of(line: str, width: int) -> Rows:
    """Break a line into rows of `width` columns. The last column is left to a blank or the cursor.

    A word that is too long for a row is broken. Chinese and Japanese break between any two characters, except before
    closing and after opening punctuation.

    >>> rows_of("the cat sat", 8)
    Rows(starts=(0, 8), widths=(8, 3))
    """
    starts, widths, column = [0], list[int](), 0
    for word in _words(line):
        room = width if word.text.isspace() else width - 1
        parts = [word] if word.width <= room else list(_characters(word))
        for part, needed in zip(parts, [word.width] + [part.width for part in parts[1:]], strict=True):
            if column and column + needed > room:
                starts.append(part.start)
                widths.append(column)
                column = 0
            column += part.width
    return Rows(tuple(starts), (*widths, column))


def wrapped(text: str, width: int) -> str:
    """A text with newlines between its rows.

    >>> wrapped("the cat sat", 8)
    'the cat\\nsat'
    """
    lines = []
    for line in text.split("\n"):
        starts = (*rows_of(line, width).starts, len(line))
        lines += [line[start:end].rstrip() for start, end in pairwise(starts)]
    return "\n".join(lines)


def fitting(entries: Iterable[str], width: int) -> int:
    """How many of the entries fit into a row, with a blank between them.

    >>> fitting(["^S save", "^Q quit", "Tab accept"], 20)
    2
    """
    n, column = 0, -1
    for entry in entries:
        column += 1 + get_cwidth(entry)
        if column > width:
            break
        n += 1
    return n


def columns_of(text: str) -> int:
    """How many columns a text takes.

    >>> columns_of("cat"), columns_of("米娜")
    (3, 4)
    """
    return len(text) if text.isascii() and text.isprintable() else sum(map(_width_of, text))


def _words(line: str) -> Iterator[_Word]:
    for run in _RUNS.finditer(line):
        text, start = run[0], 0
        if not text.isascii() or "-" in text:
            for end in range(1, len(text)):
                if _may_break(text, end):
                    yield _Word(run.start() + start, text[start:end])
                    start = end
        yield _Word(run.start() + start, text[start:])


def _characters(word: _Word) -> Iterator[_Word]:
    """The characters of a word, each with the marks that follow it."""
    start = 0
    for end in range(1, len(word.text) + 1):
        if end == len(word.text) or not _is_joined(word.text, end):
            yield _Word(word.start + start, word.text[start:end])
            start = end


def _may_break(text: str, at: int) -> bool:
    """Whether a row may end before the character at this place, in a text without blanks."""
    if _is_joined(text, at):
        return False
    before, after = text[at - 1], text[at]
    if unicodedata.category(before) == "Pd":
        return at > 1 and text[at - 2].isalnum() and after.isalpha()
    is_wide = _WIDE in (_width_of(before), _width_of(after))
    return is_wide and not (
        unicodedata.category(before) in _STAY_WITH_NEXT or unicodedata.category(after) in _STAY_WITH_PREVIOUS
    )


def _is_joined(text: str, at: int) -> bool:
    """Whether the characters before and after this place share their columns, or make one emoji."""
    if text[at] in _FLAG_LETTERS:
        return (at - len(text[:at].rstrip(_FLAG_LETTERS))) % 2 == 1
    return _width_of(text[at]) == 0 or text[at - 1] == _JOINER


@lru_cache(maxsize=4096)
def _width_of(character: str) -> int:
    """Columns on the screen, where control characters are written out."""
    return Char(character).width
