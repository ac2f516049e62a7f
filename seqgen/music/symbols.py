"""The symbols of music in ABC: notes, rests, bar lines and the rest, as they follow each other in a line.

The grammar is that of the ABC standard 2.1 (Walshaw et al. 2011), for what decides time and pitch. `reading.py` says
what the symbols mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LENGTH = r"\d{0,4}(?:/{1,8}\d{0,4})?"
PITCH = re.compile(r"(\^{1,2}|_{1,2}|=)?([A-Ga-g])([,']*)(" + _LENGTH + ")(-?)")
"""A note: its accidental, its letter, its octave marks, its length, its tie."""
REST = re.compile(rf"[zx]({_LENGTH})")
CHORD = re.compile(rf"\[([^\]\[|\n]*)\]({_LENGTH})")
"""Notes that sound together, and the length of all."""
TUPLET = re.compile(r"\((\d{1,2})(?::(\d{0,2}))?(?::(\d{0,2}))?")
OLD_CHORD = re.compile(rf"\+((?!f{{1,4}}\+)(?:{PITCH.pattern})+)\+({_LENGTH})")
"""The same as ABC 1.6 wrote it. `+f+` is no chord, but loud."""
_ENDING = r"\[?\d{1,3}(?:[,.-]\d{1,3})*"
_PATTERNS = {
    "field": r"\[[A-Za-z]:[^\]\n]*\]",
    "bar": rf"(?:\[?:*\|[|:\]]*|::)(?:[ \t]*(?=\[\d)|(?=\d))(?:{_ENDING})|\[?:*\|[|:\]]*|::",
    "ending": r"\[\d{1,3}(?:[,.-]\d{1,3})*",
    "grace": r"\{[^}\n]*\}",
    "quoted": r'"[^"\n]*"',
    "old_chord": OLD_CHORD.pattern,
    "decoration": r"![^!|\n]*!|\+[\w.<>()]+\+|[.~H-Wh-w]",
    "tuplet": TUPLET.pattern,
    "chord": CHORD.pattern,
    "note": PITCH.pattern.removesuffix("(-?)"),
    "rest": REST.pattern,
    "rest_of_bars": r"[ZX]\d{0,3}",
    "broken": r"<+|>+",
    "tie": r"-",
    "overlay": r"&",
    "blank": r"[\s()`*$!\\]|y\d*",
    "unread": r".",
}
"""Kind of symbol -> what it looks like. Of two that fit, the first one is meant."""
_SYMBOL = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS.items()))


class Symbol(NamedTuple):
    """A symbol: one of the kinds above, and how it is written."""

    kind: str
    text: str


def symbols_of(line: str) -> Iterator[Symbol]:
    """The symbols of a line of music. Every character belongs to one, so nothing is lost.

    >>> [tuple(symbol) for symbol in symbols_of("|:A3/2>[Ac] :|2")]
    [('bar', '|:'), ('note', 'A3/2'), ('broken', '>'), ('chord', '[Ac]'), ('blank', ' '), ('bar', ':|2')]
    """
    return (Symbol(str(found.lastgroup), found[0]) for found in _SYMBOL.finditer(line))
