"""A voice while it is read: symbols go in, bars come out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import final

from seqgen.music.bars import Bar, Note
from seqgen.music.keys import parse_key, pitch_of, shift_of
from seqgen.music.lengths import Metre, parse_length, parse_metre, parse_unit, tuplet_factor
from seqgen.music.symbols import CHORD, OLD_CHORD, PITCH, REST, TUPLET, Symbol

_LAST_ENDING = 9
"""No tune is repeated more often."""
_MOST_BARS_OF_REST = 64


@dataclass
class _Sound:
    """A note, a chord or a rest before its bar is finished; a rest has no pitches."""

    length: Fraction
    pitches: tuple[int, ...] = ()
    is_tied: bool = False


@final
class Voice:
    """Reads the symbols of one voice.

    >>> from seqgen.music.symbols import symbols_of
    >>> voice = Voice(metre=parse_metre("3/4"), unit=Fraction(1, 8), key="G")
    >>> for symbol in symbols_of("d>B (3gfe f|"):
    ...     voice.take(symbol)
    >>> [(str(bar.length), [note.pitch for note in bar.notes]) for bar in voice.finish()]
    [('5/8', [74, 71, 79, 78, 76, 78])]
    """

    def __init__(self, *, metre: Metre, unit: Fraction, key: str) -> None:
        self.metre = metre
        self._unit = unit
        self._key = parse_key(key)
        self._bars: list[Bar] = []
        self._opens_repeat = False
        self._endings: frozenset[int] = frozenset()
        self._takers: dict[str, Callable[[str], None]] = {
            "field": lambda text: self.set_field(text[1], text[3:-1]),
            "bar": self._end_bar,
            "ending": self._begin_ending,
            "tuplet": self._begin_tuplet,
            "chord": lambda text: self._take_chord(CHORD, text),
            "old_chord": lambda text: self._take_chord(OLD_CHORD, text),
            "note": self._take_note,
            "rest": lambda text: self._add(_Sound(self._length(REST, text))),
            "rest_of_bars": self._rest_for_bars,
            "broken": self._break_rhythm,
            "tie": self._tie,
            "overlay": lambda _: self._layers.append([]),
            "unread": self._fail_to_read,
        }
        self._begin_bar()

    def take(self, symbol: Symbol) -> None:
        """Read the next symbol."""
        if symbol.kind != "bar":
            self._text += symbol.text
        taker = self._takers.get(symbol.kind)
        if taker is not None:
            taker(symbol.text)

    def set_field(self, name: str, value: str) -> None:
        """Change the metre, the unit length or the key from here on, or begin a part. Other fields change nothing."""
        if name == "M":
            self.metre = parse_metre(value)
        elif name == "L":
            self._unit = parse_unit(value) or self._unit
        elif name == "K":
            self._key = parse_key(value)
            self._altered = dict(self._key)
        elif name == "P":
            self._end_part()

    def _end_part(self, *, closes_repeat: bool = False) -> None:
        if self._bars:
            last = self._bars[-1]
            self._bars[-1] = replace(last, ends_part=True, closes_repeat=last.closes_repeat or closes_repeat)
        self._endings = frozenset()

    def finish(self) -> tuple[Bar, ...]:
        """All bars. The last one ends with the tune."""
        self._close_bar()
        self._end_part()
        return tuple(self._bars)

    def _begin_bar(self) -> None:
        self._layers: list[list[_Sound]] = [[]]
        self._text = self._unread = ""
        self._altered = dict(self._key)
        self._next_factor: Fraction | None = None
        self._tuplet, self._n_in_tuplet = Fraction(1), 0

    def _length(self, pattern: re.Pattern[str], text: str) -> Fraction:
        """The length of a symbol, which its pattern has in the last group."""
        found = pattern.fullmatch(text)
        assert found is not None
        return parse_length(found[found.re.groups]) * self._unit

    def _add(self, sound: _Sound) -> None:
        if self._next_factor is not None:
            sound.length *= self._next_factor
            self._next_factor = None
        if self._n_in_tuplet:
            sound.length *= self._tuplet
            self._n_in_tuplet -= 1
        self._layers[-1].append(sound)

    def _take_note(self, text: str) -> None:
        pitch, length, _ = self._pitch(text)
        self._add(_Sound(length, (pitch,)))

    def _take_chord(self, pattern: re.Pattern[str], text: str) -> None:
        """A chord is as long as its first note, times the number behind it."""
        found = pattern.fullmatch(text)
        assert found is not None
        notes = [self._pitch(note[0]) for note in PITCH.finditer(found[1])]
        if not notes:
            self._fail_to_read(text)
            return
        length = notes[0][1] * parse_length(found[found.re.groups])
        self._add(_Sound(length, tuple(pitch for pitch, _, _ in notes), any(tied for _, _, tied in notes)))

    def _pitch(self, text: str) -> tuple[int, Fraction, bool]:
        """The pitch and the length of a note, and whether it is tied. Its accidental holds until the bar line."""
        found = PITCH.fullmatch(text)
        assert found is not None
        accidental, letter, octave, length, tie = found.groups(default="")
        shift = self._altered[letter.upper()] = shift_of(accidental, letter, self._altered)
        return pitch_of(letter, octave, shift=shift), parse_length(length) * self._unit, bool(tie)

    def _begin_tuplet(self, text: str) -> None:
        found = TUPLET.fullmatch(text)
        assert found is not None
        n_notes, n_times, n_sounds = (int(number or 0) for number in found.groups())
        if not n_notes:
            self._fail_to_read(text)
            return
        self._tuplet = tuplet_factor(n_notes, n_times or None, is_compound=self.metre.is_compound)
        self._n_in_tuplet = n_sounds or n_notes

    def _break_rhythm(self, text: str) -> None:
        """`a>b` dots the first and halves the second, `a<b` the other way round; each further sign halves again."""
        if not self._layers[-1]:
            self._fail_to_read(text)
            return
        short = Fraction(1, 2 ** min(len(text), 8))
        before, after = (2 - short, short) if text[0] == ">" else (short, 2 - short)
        self._layers[-1][-1].length *= before
        self._next_factor = after

    def _tie(self, text: str) -> None:
        if self._layers[-1] and self._layers[-1][-1].pitches:
            self._layers[-1][-1].is_tied = True

    def _fail_to_read(self, text: str) -> None:
        self._unread += text

    def _rest_for_bars(self, text: str) -> None:
        """`Z4` is four bars of rest. All but the last end here, as no bar line says it."""
        length = self.metre.length or Fraction(0)
        for _ in range(min(int(text[1:] or 1), _MOST_BARS_OF_REST) - 1):
            self._add(_Sound(length))
            self._close_bar()
        self._text = self._text or text
        self._add(_Sound(length))

    def _end_bar(self, text: str) -> None:
        """Read a bar line. Several in a row, as between two parts, are one."""
        line = text.rstrip("0123456789,-. \t[") if text[-1].isdigit() else text
        self._close_bar()
        closes, opens = line.startswith(":"), line.endswith(":")
        if closes or opens or len(line) > 1:
            self._end_part(closes_repeat=closes)
        self._opens_repeat |= opens
        if line != text:
            self._begin_ending(text[len(line) :])

    def _begin_ending(self, text: str) -> None:
        """Read the numbers of the repetitions in which the next bars are played: `[1`, `2`, `1,3` or `1-3`."""
        numbers: set[int] = set()
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
            numbers.update(range(int(first), min(int(last or first), _LAST_ENDING) + 1))
        self._endings = frozenset(number for number in numbers if 0 < number <= _LAST_ENDING)

    def _close_bar(self) -> None:
        """Keep the bar that was read, unless nothing is in it."""
        if self._next_factor is not None:
            self._fail_to_read(">")
        length = max(sum((sound.length for sound in layer), Fraction(0)) for layer in self._layers)
        if length or self._unread:
            self._bars.append(
                Bar(
                    number=len(self._bars) + 1,
                    text=" ".join(self._text.split()),
                    length=length,
                    metre=self.metre.length,
                    notes=tuple(note for layer in self._layers for note in _notes_of(layer)),
                    unread=self._unread,
                    opens_repeat=self._opens_repeat,
                    endings=self._endings,
                )
            )
            self._opens_repeat = False
        self._begin_bar()


def _notes_of(layer: list[_Sound]) -> list[Note]:
    """The notes of sounds that follow each other."""
    start, notes = Fraction(0), []
    for sound in layer:
        notes += [Note(start, sound.length, pitch, sound.is_tied) for pitch in sound.pitches if sound.length]
        start += sound.length
    return notes
