"""Keys: which letters are sharp or flat in them, and the number of a note on a keyboard."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_SHARP_ORDER = "FCGDAEB"
_MODES = {"maj": 0, "ion": 0, "mix": -1, "dor": -2, "min": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1}
"""Fifths from the major key of the same tonic. Three letters are enough of a name; other words mean major."""
_KEY = re.compile(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)")
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MIDDLE_C = 60
_MOST_SIGNS = 7


def parse_key(text: str) -> dict[str, int]:
    """Semitones by which a key moves letters. A text that is no key moves none.

    >>> parse_key("D"), parse_key("Gmin"), parse_key("Edor"), parse_key("none")
    ({'F': 1, 'C': 1}, {'B': -1, 'E': -1}, {'F': 1, 'C': 1}, {})
    """
    found = _KEY.match(text)
    if found is None:
        return {}
    tonic, sign, name = found.groups()
    mode = "min" if name == "m" else name.lower()[:3]
    n_signs = _FIFTHS[tonic] + {"": 0, "#": 7, "b": -7}[sign] + _MODES.get(mode, 0)
    if abs(n_signs) > _MOST_SIGNS:
        return {}
    letters = _SHARP_ORDER[:n_signs] if n_signs > 0 else _SHARP_ORDER[::-1][:-n_signs]
    return dict.fromkeys(letters, 1 if n_signs > 0 else -1)


def pitch_of(letter: str, octave: str, *, shift: int) -> int:
    """The number of a note on a keyboard, as MIDI counts: 60 is middle C, which ABC writes `C`.

    >>> pitch_of("C", "", shift=0), pitch_of("c", "'", shift=1), pitch_of("B", ",", shift=-1)
    (60, 85, 58)
    """
    octaves = (letter.islower()) + octave.count("'") - octave.count(",")
    return _MIDDLE_C + _SEMITONES[letter.upper()] + 12 * octaves + shift


def shift_of(accidental: str, letter: str, altered: Mapping[str, int]) -> int:
    """Semitones by which a note is moved: by its own accidental, or else by what holds for its letter.

    >>> shift_of("^", "f", {}), shift_of("", "f", {"F": 1}), shift_of("=", "f", {"F": 1})
    (1, 1, 0)
    """
    if not accidental:
        return altered.get(letter.upper(), 0)
    return accidental.count("^") - accidental.count("_")
