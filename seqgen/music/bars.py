"""What a tune is made of: notes in bars, which follow each other in voices."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Note:
    """A note that sounds.

    >>> Note(start=Fraction(1, 4), length=Fraction(1, 8), pitch=60).is_tied
    False
    """

    start: Fraction
    """Whole notes from the beginning of its bar."""
    length: Fraction
    pitch: int
    """As MIDI counts: 60 is middle C."""
    is_tied: bool = False
    """Whether the next note of this pitch continues it."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What stands between two bar lines.

    >>> Bar(number=1, text="A2", length=Fraction(1, 4), metre=Fraction(3, 4)).is_short
    True
    """

    number: int
    """Of its voice, from 1. A pick-up bar counts, and so does the bar that completes it."""
    text: str
    """As it is written."""
    length: Fraction
    metre: Fraction | None
    """How long it should be; None: as long as it likes."""
    notes: tuple[Note, ...] = ()
    unread: str = ""
    """What is no ABC in it."""
    ends_part: bool = False
    """Whether a repeat sign, a double bar line or a field `P:` follows, or the end."""
    opens_repeat: bool = False
    closes_repeat: bool = False
    endings: frozenset[int] = frozenset()
    """The repetitions in which it is played; empty: in all."""

    @property
    def is_short(self) -> bool:
        """Whether it is shorter than its metre."""
        return self.metre is not None and self.length < self.metre

    @property
    def is_later_ending(self) -> bool:
        """Whether it is in a second ending, or a later one, which belongs to the part that it ends."""
        return bool(self.endings) and 1 not in self.endings


@dataclass(frozen=True, kw_only=True)
class Tune:
    """A tune that was read from ABC.

    >>> from seqgen.music import read_tune
    >>> tune = read_tune("X:1\\nT:One\\nM:2/4\\nL:1/8\\nK:D\\nd2 A2|d4|]")
    >>> tune.title, tune.metre, tune.key, [str(bar.length) for bar in tune.bars]
    ('One', '2/4', 'D', ['1/2', '1/2'])
    """

    text: str
    title: str
    metre: str
    """As the header has it; empty: none."""
    key: str
    tempo: Fraction
    """Whole notes a minute."""
    voices: tuple[tuple[Bar, ...], ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars of all voices, one voice after the other."""
        return tuple(bar for voice in self.voices for bar in voice)
