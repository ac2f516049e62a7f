"""The pairs in `corpora/`: each file keeps the rules that `corpora/SOURCES.md` states."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from datetime import date

import pytest

from tests.pages import ROOT

Pair = tuple[str, str]

PLURALS = (
    (r"(fish|sheep|deer)$", r"\1"),
    (r"foot$", "feet"),
    (r"tooth$", "teeth"),
    (r"goose$", "geese"),
    (r"mouse$", "mice"),
    (r"man$", "men"),
    (r"child$", "children"),
    (r"(?<![aeiou])y$", "ies"),
    (r"(s|x|z|ch|sh)$", r"\1es"),
    (r"((?<=l)|(?<=r)|(?<=ea)|(?<=oa))f$|fe$", "ves"),
    (r"(?<![aeiou])o$", "oes"),
    (r"$", "s"),
)
"""Endings and what takes their place. The first that fits applies."""
FORBIDDEN = {"The food was good, not bad at all.", "The food was bad, not good at all."}
"""What a model of moods is asked, so that it must not have seen them."""


def read_pairs(name: str) -> list[Pair]:
    lines = (ROOT / "corpora" / name).read_text(encoding="utf-8").splitlines()
    return [(source, target) for source, target in (line.split("\t") for line in lines)]


def plural_of(noun: str) -> str:
    ending, other = next((ending, other) for ending, other in PLURALS if re.search(ending, noun))
    return re.sub(ending, other, noun, count=1)


@pytest.mark.parametrize(("name", "n_pairs"), [("dates.tsv", 1_200), ("plurals.tsv", 1_200), ("moods.tsv", 720)])
def test_no_source_comes_twice_and_nothing_is_empty(name: str, n_pairs: int) -> None:
    pairs = read_pairs(name)
    assert len({source.lower() for source, _ in pairs}) == len(pairs) == n_pairs
    assert all(text and text == text.strip() for pair in pairs for text in pair)


def test_the_dates_are_those_that_the_script_makes() -> None:
    script = runpy.run_path(str(ROOT / "benchmarks" / "make_dates.py"))
    assert read_pairs("dates.tsv") == script["make_pairs"]()


def test_the_examples_of_the_forms_are_that_date_in_each_form() -> None:
    script = runpy.run_path(str(ROOT / "benchmarks" / "make_dates.py"))
    day = script["LEFT_OUT"]
    assert {example: write(day) for example, write in script["FORMS"].items()} == {e: e for e in script["FORMS"]}
    assert day.isoformat() not in {target for _, target in read_pairs("dates.tsv")}


def test_a_weekday_in_a_date_is_the_right_one() -> None:
    named = [pair for pair in read_pairs("dates.tsv") if re.match(r"\w+day\b(?! \d{4}$)|[A-Z]\w\w, ", pair[0])]
    assert len(named) == 300
    assert all(date.fromisoformat(target).strftime("%A").startswith(source[:3]) for source, target in named)


def test_every_plural_follows_the_rules_of_spelling() -> None:
    assert [pair for pair in read_pairs("plurals.tsv") if plural_of(pair[0]) != pair[1]] == []


def test_the_moods_are_balanced_and_leave_out_what_a_model_is_asked() -> None:
    pairs = read_pairs("moods.tsv")
    assert set(Counter(mood for _, mood in pairs).values()) == {240}
    assert not FORBIDDEN & {sentence for sentence, _ in pairs}


def test_the_order_of_words_decides_a_mood() -> None:
    """The word alone tells little: both kinds of sentences have many that say "good", and many that say "bad"."""
    places = Counter(
        (word, mood) for sentence, mood in read_pairs("moods.tsv") for word in re.findall(r"\b(good|bad)\b", sentence)
    )
    assert all(min(places[word, "kind"], places[word, "unkind"]) >= 10 for word in ("good", "bad"))
