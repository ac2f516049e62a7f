"""What a unit may follow in a text, character by character: quotes, brackets, the place in the line, capitals.

Each feature is the state of the text after a character has been read: an opening quotation mark is inside of the
quotation, a closing one is outside. Nothing looks ahead, so a model that reads the text can know every feature.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers import MARK

Feature = NDArray[np.float64]
"""A number for each character of a text; 0 and 1 where it is something that is or is not so."""

_OPENING, _CLOSING = {'"', "“", "«"}, {'"', "”", "»"}
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_BLANK_LINES = re.compile(r"\n[ \t]*\n")
_SENTENCE_END = frozenset(".!?")


def features_of(text: str) -> dict[str, Feature]:
    """Every feature of a text by its name. Documents end with `MARK`.

    >>> features = features_of('A "b" c')
    >>> features["inside quotes"].astype(int).tolist()
    [0, 0, 1, 1, 0, 0, 0]
    >>> features["place in the line"].astype(int).tolist()
    [1, 2, 3, 4, 5, 6, 7]

    Quotes and brackets that are never closed end at the next blank line.
    """
    ends = _paragraph_ends(text)
    return {name: np.fromiter(count(text, ends), np.float64, len(text)) for name, count in _FEATURES.items()}


def _paragraph_ends(text: str) -> set[int]:
    """The numbers of the characters with which a paragraph or a document ends."""
    blank = (found.end() - 1 for found in _BLANK_LINES.finditer(text))
    return {*blank, *(number for number, character in enumerate(text) if character == MARK)}


def _inside_quotes(text: str, ends: set[int]) -> Iterator[float]:
    is_inside = False
    for number, character in enumerate(text):
        if is_inside and (character in _CLOSING or number in ends):
            is_inside = False
        elif character in _OPENING:
            is_inside = True
        yield is_inside


def _inside_brackets(text: str, ends: set[int]) -> Iterator[float]:
    depth = 0
    for number, character in enumerate(text):
        depth = 0 if number in ends else max(0, depth + _BRACKETS.get(character, 0))
        yield depth > 0


def _place_in_line(text: str, ends: set[int]) -> Iterator[float]:
    return _since(text, lambda _, character: character in ("\n", MARK))


def _place_in_paragraph(text: str, ends: set[int]) -> Iterator[float]:
    return map(np.log1p, _since(text, lambda number, _: number in ends))


def _place_in_document(text: str, ends: set[int]) -> Iterator[float]:
    return map(np.log1p, _since(text, lambda _, character: character == MARK))


def _place_in_sentence(text: str, ends: set[int]) -> Iterator[float]:
    return map(np.log1p, _since(text, lambda number, character: character in _SENTENCE_END or number in ends))


def _place_in_word(text: str, ends: set[int]) -> Iterator[float]:
    return _since(text, lambda _, character: not (character.isalpha() or character in "'’"))


def _since(text: str, is_end: Callable[[int, str], bool]) -> Iterator[float]:
    """How many characters have come since the last one that ends something."""
    place = 0
    for number, character in enumerate(text):
        place = 0 if is_end(number, character) else place + 1
        yield place


def _indentation(text: str, ends: set[int]) -> Iterator[float]:
    """How many blanks the line begins with, as far as it has been read."""
    blanks, is_leading = 0, True
    for character in text:
        if character in ("\n", MARK):
            blanks, is_leading = 0, True
        elif is_leading and character in " \t":
            blanks += 1
        else:
            is_leading = False
        yield blanks


def _in_capitals(text: str, ends: set[int]) -> Iterator[float]:
    """Whether this letter and the one before it are capitals: words such as `ROMEO`, and not the first letter alone."""
    yield from (0.0 for _ in text[:1])
    yield from (before.isupper() and character.isupper() for before, character in itertools.pairwise(text))


_FEATURES: dict[str, Callable[[str, set[int]], Iterator[float]]] = {
    "inside quotes": _inside_quotes,
    "inside brackets": _inside_brackets,
    "place in the line": _place_in_line,
    "indentation": _indentation,
    "place in the word": _place_in_word,
    "place in the sentence": _place_in_sentence,
    "place in the paragraph": _place_in_paragraph,
    "place in the document": _place_in_document,
    "word in capitals": _in_capitals,
}
"""All of them depend on what came before, and not on the character alone. Places in what is long are logarithms."""
