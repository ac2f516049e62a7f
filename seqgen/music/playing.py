"""What sounds when, and at what pitch: a tune as a player hears it, with its repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from seqgen.music.bars import Bar, Tune

_SECONDS_A_MINUTE = 60


@dataclass(frozen=True)
class PlayedNote:
    """A note in seconds from the beginning.

    >>> from seqgen.music import play, read_tune
    >>> tune = read_tune("X:1\\nM:2/4\\nL:1/4\\nQ:1/4=60\\nK:C\\n|:c-|c z:|")
    >>> [(note.start_s, note.length_s, note.pitch) for note in play(tune)]
    [(0.0, 2.0, 72), (3.0, 2.0, 72)]
    """

    start_s: float
    length_s: float
    pitch: int


def play(tune: Tune) -> list[PlayedNote]:
    """The notes of all voices in the order in which they begin.

    >>> from seqgen.music import play, read_tune
    >>> tune = read_tune("X:1\\nM:2/4\\nL:1/4\\nQ:1/4=60\\nK:C\\n|:c d|1 e2:|2 f2|]")
    >>> [note.pitch for note in play(tune)]
    [72, 74, 76, 72, 74, 77]
    """
    scale = _SECONDS_A_MINUTE / float(tune.tempo)
    notes = [
        PlayedNote(float(start) * scale, float(length) * scale, pitch)
        for bars in tune.voices
        for start, length, pitch in _joined(playing_order(bars))
    ]
    return sorted(notes, key=lambda note: (note.start_s, note.pitch))


def playing_order(bars: Sequence[Bar]) -> list[Bar]:
    """The bars as they are played: a part that ends with a repeat sign comes again, with its next ending.

    >>> from seqgen.music import playing_order, read_tune
    >>> bars = read_tune("X:1\\nK:C\\na8:|b8|:c8|1d8:|2e8|]f8|]").bars
    >>> [bar.number for bar in playing_order(bars)]
    [1, 1, 2, 3, 4, 3, 5, 6]
    """
    played: list[Bar] = []
    for part in _repeated_parts(bars):
        last = max((number for bar in part for number in bar.endings), default=0)
        n_times = last or (2 if part[-1].closes_repeat else 1)
        for time in range(1, n_times + 1):
            for bar in part:
                if bar.endings and time not in bar.endings:
                    continue
                played.append(bar)
                if bar.closes_repeat and time < n_times:
                    break
    return played


def _repeated_parts(bars: Sequence[Bar]) -> Iterator[list[Bar]]:
    """The bars between repeat signs. An ending after the first belongs to the part that it ends."""
    part: list[Bar] = []
    for number, bar in enumerate(bars):
        part.append(bar)
        following = bars[number + 1] if number + 1 < len(bars) else None
        is_last_ending = bool(bar.endings) and bar.ends_part
        ends = bar.closes_repeat or is_last_ending or (following is not None and following.opens_repeat)
        if following is None or (ends and not following.is_later_ending):
            yield part
            part = []


def _joined(bars: Sequence[Bar]) -> Iterator[tuple[Fraction, Fraction, int]]:
    """The start, the length and the pitch of each note, in whole notes. Tied notes are one."""
    bar_start = Fraction(0)
    waiting: dict[int, tuple[Fraction, Fraction]] = {}
    for bar in bars:
        for note in bar.notes:
            start, length = bar_start + note.start, note.length
            before = waiting.pop(note.pitch, None)
            if before is not None and sum(before) == start:
                start, length = before[0], before[1] + length
            elif before is not None:
                yield *before, note.pitch
            if note.is_tied:
                waiting[note.pitch] = start, length
            else:
                yield start, length, note.pitch
        bar_start += bar.length
    for pitch, times in waiting.items():
        yield *times, pitch
