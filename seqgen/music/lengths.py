"""Metres, unit lengths, lengths of notes and tempos, as fractions of a whole note."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

NO_CHANGE = Fraction(1)
_NAMED_METRES = {"C": (Fraction(1), False), "C|": (Fraction(1), False)}
_METRE = re.compile(r"\(?\s*(\d{1,3}(?:\s*\+\s*\d{1,3})*)\s*\)?\s*/\s*(\d{1,3})\s*")
_FRACTION = re.compile(r"\s*(\d{1,4})\s*(?:/\s*(\d{1,4}))?\s*")
_BEATS = re.compile(r"(\d{1,3})\s*/\s*(\d{1,3})")
_COMPOUND = (6, 9, 12)
"""Beats of a bar that are felt in threes."""
_SMALL_METRE = Fraction(3, 4)
_SLOWEST, _FASTEST = 10, 600
"""Beats a minute that are believed."""
_SLOWEST_TEMPO = 1
"""Whole notes a minute that are believed. A MIDI file cannot say much less."""


@dataclass(frozen=True)
class Metre:
    """How long a bar is, in whole notes; None: bars have no fixed length.

    >>> parse_metre("6/8")
    Metre(text='6/8', length=Fraction(3, 4), is_compound=True)
    >>> [str(parse_metre(text).length) for text in ("C", "C|", "2+3/8", "none", "x/y")]
    ['1', '1', '5/8', 'None', 'None']
    """

    text: str
    length: Fraction | None
    is_compound: bool = False

    @property
    def unit(self) -> Fraction:
        """The length of a note without a number, where no field says it: 1/16 in a metre below 3/4, or else 1/8.

        >>> str(parse_metre("2/4").unit), str(parse_metre("3/4").unit)
        ('1/16', '1/8')
        """
        return Fraction(1, 16) if self.length is not None and self.length < _SMALL_METRE else Fraction(1, 8)

    @property
    def beat(self) -> Fraction:
        """What is counted: a dotted quarter in 6/8, 9/8 and 12/8, a quarter elsewhere."""
        return Fraction(3, 8) if self.is_compound else Fraction(1, 4)


def parse_metre(text: str) -> Metre:
    """The metre of a field `M:`."""
    text = text.strip()
    if text in _NAMED_METRES:
        return Metre(text, *_NAMED_METRES[text])
    found = _METRE.fullmatch(text)
    if found is None or not int(found[2]):
        return Metre(text, None)
    n_beats, value = sum(map(int, found[1].split("+"))), int(found[2])
    return Metre(text, Fraction(n_beats, value) or None, n_beats in _COMPOUND and value >= 8)


def parse_unit(text: str) -> Fraction | None:
    """The unit length of a field `L:`; None if it is no length, or longer than a whole note.

    >>> str(parse_unit("1/8")), parse_unit("eighth")
    ('1/8', None)
    """
    found = _FRACTION.fullmatch(text)
    if found is None or not int(found[1]) or (found[2] is not None and not int(found[2])):
        return None
    unit = Fraction(int(found[1]), int(found[2] or 1))
    return unit if 0 < unit <= 1 else None


def parse_length(text: str) -> Fraction:
    """What multiplies the unit length: the number after a note. A division by 0 is none.

    >>> [str(parse_length(text)) for text in ("", "2", "3/2", "/", "//", "/4", "3/")]
    ['1', '2', '3/2', '1/2', '1/4', '1/4', '3/2']
    """
    count, slashes, divisor = text.partition("/")
    length = Fraction(int(count or 1))
    if not slashes:
        return length
    n_more = len(divisor) - len(divisor.lstrip("/"))
    digits = divisor.lstrip("/")
    return length / (int(digits) or 1) / (1 << n_more) if digits else length / (2 << n_more)


def tuplet_factor(n_notes: int, n_times: int | None, *, is_compound: bool) -> Fraction:
    """What multiplies the notes of a tuplet: `(3` puts three into the time of two.

    >>> str(tuplet_factor(3, None, is_compound=False)), str(tuplet_factor(5, None, is_compound=True))
    ('2/3', '3/5')
    """
    usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(n_notes, 3 if is_compound else 2)
    return Fraction(n_times or usual, n_notes)


def parse_tempo(text: str, metre: Metre, *, unit: Fraction) -> Fraction | None:
    """Whole notes a minute of a field `Q:`, such as `1/4=120` or an older `120`; None if it names no believable tempo.

    >>> metre = parse_metre("4/4")
    >>> [str(parse_tempo(text, metre, unit=Fraction(1, 8))) for text in ('1/4=120', '"Slow" 3/8=60', "120", "fast")]
    ['30', '45/2', '15', 'None']
    >>> parse_tempo("1/64=20", metre, unit=Fraction(1, 8)) is None  # a quarter would last 48 seconds
    True
    """
    words = re.sub(r'"[^"]*"', "", text)
    beats, is_named, number = words.rpartition("=")
    found = re.fullmatch(r"\s*(\d{1,4})\s*", number)
    if found is None or not _SLOWEST <= int(found[1]) <= _FASTEST:
        return None
    parts = [Fraction(int(count), int(value)) for count, value in _BEATS.findall(beats) if int(value)]
    beat = sum(parts, Fraction(0)) if is_named else unit
    tempo = (beat or metre.beat) * int(found[1])
    return tempo if _SLOWEST_TEMPO <= tempo <= _FASTEST else None
