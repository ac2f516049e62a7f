"""What sounds: pitches by key and bar, ties, repeats and tempos."""

from __future__ import annotations

import pytest

from seqgen.music import play, playing_order, read_tune


def pitches(music: str, *, key: str = "C") -> list[int]:
    tune = read_tune(f"X:1\nM:none\nL:1/4\nK:{key}\n{music}")
    assert tune is not None
    return [note.pitch for note in play(tune)]


@pytest.mark.parametrize(
    ("music", "key", "expected"),
    [
        ("C c c' C,", "C", [60, 72, 84, 48]),
        ("F c f B", "D", [66, 73, 78, 71]),
        ("B e A", "Eb", [70, 75, 68]),
        ("^F F|F", "C", [66, 66, 65]),
        ("=F F|F", "D", [65, 65, 66]),
        ("_B b", "C", [70, 82]),
        ("F C", "Ador", [66, 60]),
        ("F", "Em", [66]),
        ("F C", "Dmix", [66, 60]),
        ("F", "nothing", [65]),
        ("F [K:G] F", "C", [65, 66]),
        ("[CEG]", "C", [60, 64, 67]),
        ("{g}c", "C", [72]),
    ],
)
def test_a_pitch_follows_from_letter_octave_key_and_accidentals(music: str, key: str, expected: list[int]) -> None:
    assert pitches(music, key=key) == expected


def test_tied_notes_sound_as_one() -> None:
    tune = read_tune("X:1\nM:2/4\nL:1/4\nQ:1/4=60\nK:C\nc d-|d e|e-f|]")
    assert tune is not None
    assert [(note.start_s, note.length_s, note.pitch) for note in play(tune)] == [
        (0, 1, 72),
        (1, 2, 74),
        (3, 1, 76),
        (4, 1, 76),
        (5, 1, 77),
    ]


@pytest.mark.parametrize(
    ("music", "order"),
    [
        ("a|b|]", [1, 2]),
        ("a|b:|c|]", [1, 2, 1, 2, 3]),
        ("|:a|b:|:c:|", [1, 2, 1, 2, 3, 3]),
        ("a|:b::c:|", [1, 2, 2, 3, 3]),
        ("|:a|1b:|2c|]d|]", [1, 2, 1, 3, 4]),
        ("|:a|1b:|2c:|d|]", [1, 2, 1, 3, 4]),
        ("|:a|[1,3b:|[2c:|[4d|]e|]", [1, 2, 1, 3, 1, 2, 1, 4, 5]),
        ("|:a||b:|", [1, 2, 1, 2]),
    ],
)
def test_repeats_are_played(music: str, order: list[int]) -> None:
    tune = read_tune(f"X:1\nK:C\n{music}")
    assert tune is not None
    assert [bar.number for bar in playing_order(tune.bars)] == order


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("Q:1/4=60", 1), ("Q:1/8=60", 2), ("Q:120", 0.5), ('Q:"Slow" 3/8=40', 1), ("R:reel", 0.5), ("M:6/8", 0.4)],
)
def test_a_tempo_is_what_the_header_says_or_a_usual_one(header: str, seconds: float) -> None:
    tune = read_tune(f"X:1\n{header}\nL:1/4\nK:C\nc")
    assert tune is not None
    assert play(tune)[0].length_s == pytest.approx(seconds)
