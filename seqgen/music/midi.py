"""A tune as a MIDI file, with its repeats, as `playing.py` plays it."""

from __future__ import annotations

import struct

from seqgen.music.bars import Tune
from seqgen.music.playing import play

_TICKS_A_QUARTER = 480
_QUARTERS_A_WHOLE = 4
_MICROSECONDS_A_MINUTE = 60_000_000
_LOUDNESS = 80
_NOTE_ON, _NOTE_OFF = 0x90, 0x80
_TEMPO, _END = b"\xff\x51\x03", b"\x00\xff\x2f\x00"
_HIGHEST_PITCH = 127


def midi_of(tune: Tune) -> bytes:
    """A standard MIDI file of one track. Pitches that MIDI does not have are left out.

    >>> from seqgen.music import midi_of, read_tune
    >>> data = midi_of(read_tune("X:1\\nM:2/4\\nL:1/4\\nK:C\\nc d|e2|]"))
    >>> data[:4], len(data)
    (b'MThd', 60)
    """
    quarter_us = round(_MICROSECONDS_A_MINUTE / float(tune.tempo * _QUARTERS_A_WHOLE))
    ticks_a_second = _TICKS_A_QUARTER * 1_000_000 / quarter_us
    events: list[tuple[int, int, int]] = []
    for note in play(tune):
        if 0 <= note.pitch <= _HIGHEST_PITCH:
            start = round(note.start_s * ticks_a_second)
            end = round((note.start_s + note.length_s) * ticks_a_second)
            events += [(start, _NOTE_ON, note.pitch), (end, _NOTE_OFF, note.pitch)]
    track, now = b"\x00" + _TEMPO + quarter_us.to_bytes(3, "big"), 0
    for tick, kind, pitch in sorted(events):  # at one tick, notes end before others begin
        track += _variable_length(tick - now) + bytes((kind, pitch, _LOUDNESS))
        now = tick
    track += _END
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, _TICKS_A_QUARTER) + b"MTrk" + struct.pack(">I", len(track)) + track


def _variable_length(number: int) -> bytes:
    """A number in groups of seven bits; all bytes but the last have their highest bit set."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
