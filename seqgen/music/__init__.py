"""Tunes in ABC notation: read, checked bar by bar, played, engraved, and written by a model. No torch here."""

from seqgen.music.adding_up import BarCheck, WrongBar, check_bars
from seqgen.music.bars import Bar, Note, Tune
from seqgen.music.engraving import engrave, engraving_note
from seqgen.music.midi import midi_of
from seqgen.music.playing import PlayedNote, play, playing_order
from seqgen.music.reading import read_tune, read_tunes
from seqgen.music.writing import AddingUp, WrittenTunes, training_tunes, write_tunes

__all__ = [
    "AddingUp",
    "Bar",
    "BarCheck",
    "Note",
    "PlayedNote",
    "Tune",
    "WrittenTunes",
    "WrongBar",
    "check_bars",
    "engrave",
    "engraving_note",
    "midi_of",
    "play",
    "playing_order",
    "read_tune",
    "read_tunes",
    "training_tunes",
    "write_tunes",
]
