"""MIDI files: what another reader finds in them is what is played."""

from __future__ import annotations

import struct

import pytest

from seqgen.music import midi_of, play, read_tune


def read_midi(data: bytes) -> tuple[float, list[tuple[int, int, int]]]:
    """Seconds a tick, and each message: its tick, its status and its pitch. Only for files of one plain track."""
    assert data[:14] == b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    assert struct.unpack(">I", data[18:22])[0] == len(data) - 22
    assert data[22:26] == b"\x00\xff\x51\x03"
    quarter_us, place, tick = int.from_bytes(data[26:29], "big"), 29, 0
    messages: list[tuple[int, int, int]] = []
    while True:
        delta = 0
        while data[place] & 0x80:
            delta = delta << 7 | data[place] & 0x7F
            place += 1
        tick += delta << 7 | data[place]
        status, pitch = data[place + 1], data[place + 2]
        if status == 0xFF:
            assert data[place:] == b"\x00\xff\x2f\x00"
            return quarter_us / 480e6, messages
        messages.append((tick, status, pitch))
        place += 4


@pytest.mark.parametrize(
    "music", ["c d|e2|]", "|:c>d (3efg|c2:|", "[CEG]4 z4|C16|", "c|1d:|2e|]", "c-c c c|", "C,,,,,,,,c"]
)
def test_the_file_holds_the_notes_that_are_played(music: str) -> None:
    tune = read_tune(f"X:1\nM:4/4\nL:1/8\nQ:1/4=97\nK:C\n{music}")
    assert tune is not None
    tick_s, messages = read_midi(midi_of(tune))
    notes = [note for note in play(tune) if note.pitch >= 0]
    for status, end in ((0x90, False), (0x80, True)):
        found = sorted((tick, pitch) for tick, kind, pitch in messages if kind == status)
        times = sorted((note.start_s + end * note.length_s, note.pitch) for note in notes)
        assert [pitch for _, pitch in found] == [pitch for _, pitch in times]
        assert [tick * tick_s for tick, _ in found] == pytest.approx([time for time, _ in times], abs=0.002)


def test_a_note_ends_before_the_same_note_begins_again() -> None:
    tune = read_tune("X:1\nM:2/4\nL:1/4\nK:C\nc c|]")
    assert tune is not None
    assert [status for _, status, _ in read_midi(midi_of(tune))[1]] == [0x90, 0x80, 0x90, 0x80]


@pytest.mark.parametrize("tempo", ["1/64=10", "1/999=600", "1/16=10"])
def test_a_tempo_too_slow_to_be_believed_is_no_tempo(tempo: str) -> None:
    slow, usual = (read_tune(f"X:1\nM:4/4\n{field}L:1/8\nK:C\nc d|") for field in (f"Q:{tempo}\n", ""))
    assert slow is not None
    assert usual is not None
    assert midi_of(slow) == midi_of(usual)
