"""Notation by verovio, which may be missing and may crash."""

from __future__ import annotations

import importlib.util

import pytest

from seqgen.music import engrave, engraving, engraving_note
from tests.pages import ROOT

TUNE = (ROOT / "corpora" / "tunes.abc").read_text(encoding="utf-8").split("\n\n")[0]


def test_tunes_become_drawings_that_are_the_same_every_time() -> None:
    pytest.importorskip("verovio")
    drawn = engrave([TUNE, TUNE.replace("FAd", "z3")])
    assert all(svg is not None and "</svg>" in svg for svg in drawn)
    assert engrave([TUNE])[0] == drawn[0] != drawn[1]


def test_a_chord_is_drawn_as_long_as_it_is() -> None:
    pytest.importorskip("verovio")
    drawn = [engrave([f"X:1\nM:4/4\nL:1/8\nK:D\n{chord} {chord}|]"]) for chord in ("[^F,c']4", "[^F,4c'4]", "[^F,c']2")]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_tune_that_ends_the_process_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = b'"<svg/>"\n'
    outputs = iter([[drawn], [b"null\n", drawn]])
    monkeypatch.setattr(engraving, "_run", lambda tunes: next(outputs))
    assert engrave(["good", "ends it", "unreadable", "good"]) == ["<svg/>", None, None, "<svg/>"]


def test_without_verovio_the_note_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert engraving_note() == "notation needs another package: pip install verovio"
