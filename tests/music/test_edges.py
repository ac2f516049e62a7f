"""Tunes that cannot be read whole, drawn in time, or kept in memory."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from seqgen.music import check_bars, engraving, read_tune, training_tunes
from seqgen.music.keys import parse_key
from seqgen.run import open_model
from tests import tiny

HEADER = "X:1\nM:4/4\nL:1/8\nK:C\n"


@pytest.mark.parametrize("key", ["G#", "D#", "Fbmin"])
def test_a_key_of_more_signs_than_there_are_letters_has_none(key: str) -> None:
    assert parse_key(key) == {}


def test_a_tuplet_of_no_notes_cannot_be_read() -> None:
    tune = read_tune(f"{HEADER}(0cde cdef|cdef cdef|]")
    assert tune is not None
    (wrong,) = check_bars(tune).wrong
    assert "(0" in wrong.describe()


def test_what_was_drawn_before_the_time_was_up_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = iter([b'"one"\n"tw', None])

    def slow(command: list[str], **_: Any) -> None:
        raise subprocess.TimeoutExpired(command, 1.0, output=next(outputs))

    monkeypatch.setattr(subprocess, "run", slow)
    assert engraving._run(["a tune", "another"]) == [b'"one"\n']
    assert engraving._run(["a tune"]) == []


def test_of_a_long_text_only_the_first_tunes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"{HEADER}cdef cdef|]\n\n" for _ in range(300))
    model = open_model(tiny.trained(tmp_path / "run", text=text))
    assert len(training_tunes(model)) > 200
    monkeypatch.setattr("seqgen.corpus.stored_text.CHUNK_BYTES", 500)
    monkeypatch.setattr("seqgen.music.writing._MOST_TRAINING_CHARACTERS", 1000)
    assert 20 < len(training_tunes(model)) < 60
