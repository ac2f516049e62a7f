"""Bars that add up: the rule for pick-ups, and wrong bars that were planted."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from seqgen.music import BarCheck, check_bars, read_tune, read_tunes
from tests.pages import ROOT

TUNES = list(read_tunes((ROOT / "corpora" / "tunes.abc").read_text(encoding="utf-8")))


def check(music: str, *, metre: str = "3/4") -> BarCheck:
    tune = read_tune(f"X:1\nM:{metre}\nL:1/4\nK:C\n{music}")
    assert tune is not None
    return check_bars(tune)


def test_every_bar_of_the_tunes_that_come_with_seqgen_adds_up() -> None:
    assert len(TUNES) == 80
    assert [tune.title for tune in TUNES if not check_bars(tune).adds_up] == []
    assert sum(check_bars(tune).n_bars for tune in TUNES) > 1500


@pytest.mark.parametrize("seed", range(20))
def test_a_note_that_is_put_into_a_tune_makes_exactly_its_bar_wrong(seed: int) -> None:
    rng = random.Random(seed)
    tune = rng.choice(TUNES)
    number = rng.randrange(1, len(tune.bars) - 1)
    bar = tune.bars[number]
    while bar.ends_part or bar.is_short:
        number -= 1
        bar = tune.bars[number]
    wrong = read_tune(tune.text.replace(bar.text, f"{bar.text} z", 1))
    assert wrong is not None
    (found,) = check_bars(wrong).wrong
    assert found.bar.text == f"{bar.text} z"
    assert found.excess == Fraction(1, 8)


@pytest.mark.parametrize(
    "music",
    [
        "cde|fga|",
        "G|cde|f2|]",
        "|:G|cde|f2:|",
        "G|:cde|f2:|",
        "|:G|cde|f2:|:A|cde|f2:|",
        "G|cde|f2||A|cde|f2|]",
        "|:G|cde|1f2:|2f2|]",
        "|:G|cde|1f2:|2f3|]",
        "cde|f2:|:G|cde|f3|]",
        "cd||e|fga|]",
        "|:cde|1fga:|2fg|\nP:B\nc|def|fg|]",
        "cde|Z2|fga|]",
        "cde|[M:4/4]cdef|]",
    ],
)
def test_short_bars_that_make_one_bar_are_right(music: str) -> None:
    assert check(music).wrong == ()


@pytest.mark.parametrize(
    ("music", "wrong"),
    [
        ("cde|cdef|cde|]", [(2, "1")]),
        ("cde|cd|cde|]", [(2, "-1")]),
        ("G|cde|f3|]", [(1, "-2")]),
        ("G|cde|f|]", [(1, "-2"), (3, "-2")]),
        ("cde|f2|]", [(2, "-1")]),
        ("G|cd|f2|]", [(2, "-1")]),
        ("|:G|cde|f2:|:cde|f2:|:cde|cde:|", [(5, "-1")]),
        ("cde|cd?|cde|]", [(2, None)]),
    ],
)
def test_other_bars_are_wrong_by_what_they_lack_or_have_too_much(
    music: str, wrong: list[tuple[int, str | None]]
) -> None:
    found = [(bar.bar.number, bar.excess) for bar in check(music).wrong]
    assert found == [(number, None if excess is None else Fraction(excess) / 4) for number, excess in wrong]


def test_bars_without_a_metre_do_not_add_up_and_are_not_wrong() -> None:
    free = check("cde|c|", metre="none")
    assert (free.wrong, free.has_metre, free.adds_up) == ((), False, False)


def test_a_wrong_bar_is_described_in_words() -> None:
    described = [bar.describe() for bar in check("cde|cd/|x2?|cdef|]").wrong]
    assert described == [
        "bar 2 is 3/8 too short: cd/",
        "bar 3 holds what is no ABC, '?': x2?",
        "bar 4 is 1/4 too long: cdef",
    ]


def test_any_text_is_read_without_an_error() -> None:
    rng = random.Random(0)
    characters = sorted(set(TUNES[5].text)) + list("(){}[]\"!+&-~<>/|:'ZyxV0123")
    for _ in range(300):
        text = list(rng.choice(TUNES).text)
        for _ in range(rng.randrange(1, 60)):
            text[rng.randrange(len(text))] = rng.choice(characters)
        for tune in read_tunes("".join(text)):
            assert 0 <= check_bars(tune).n_right <= check_bars(tune).n_bars
