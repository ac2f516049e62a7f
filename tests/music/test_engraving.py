"""Notation and MIDI by verovio, which may be missing and may crash."""

from __future__ import annotations

import importlib.util

import pytest

from seqgen.music import engrave, engraving, engraving_note
from tests.pages import ROOT

TUNE = (ROOT / "corpora" / "tunes.abc").read_text(encoding="utf-8").split("\n\n")[0]


def test_tunes_become_drawings_and_midi_files_that_are_the_same_every_time() -> None:
    pytest.importorskip("verovio")
    drawn = engrave([TUNE, TUNE.replace("FAd", "z3")])
    assert all(tune is not None and "</svg>" in tune.svg and tune.midi[:4] == b"MThd" for tune in drawn)
    assert engrave([TUNE])[0] == drawn[0] != drawn[1]


def test_a_tune_that_ends_the_process_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = b'{"svg": "<svg/>", "midi": "TVRoZA=="}\n'
    outputs = iter([[drawn], [b"null\n", drawn]])
    monkeypatch.setattr(engraving, "_run", lambda tunes: next(outputs))
    assert [tune is not None for tune in engrave(["good", "ends it", "unreadable", "good"])] == [
        True,
        False,
        False,
        True,
    ]


def test_without_verovio_the_note_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert engraving_note() == "notation and MIDI need another package: pip install verovio"
