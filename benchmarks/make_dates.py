"""Makes the pairs of `corpora/dates.tsv`: dates as people write them, and the same dates in ISO 8601.

    python benchmarks/make_dates.py corpora/dates.tsv

There are equally many dates of each form, from 1950 to 2049. Weekdays are those of the calendar. Of a year that is
written with two digits, 50 to 99 belong to the twentieth century, and 00 to 49 to the twenty-first. The same seed
makes the same file. One date never occurs, so that it can be asked for.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

FIRST, LAST = date(1950, 1, 1), date(2049, 12, 31)
LEFT_OUT = date(1997, 5, 3)
N_EACH = 100
"""Pairs of each form."""
SEED = 0

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBERS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
"""Numbers whose ordinals do not follow the rule."""
HOLIDAYS = {
    (1, 1): "New Year's Day",
    (1, 6): "Epiphany",
    (2, 14): "Valentine's Day",
    (3, 17): "St Patrick's Day",
    (4, 1): "April Fools' Day",
    (5, 1): "May Day",
    (6, 24): "Midsummer Day",
    (10, 31): "Halloween",
    (12, 24): "Christmas Eve",
    (12, 25): "Christmas Day",
    (12, 26): "Boxing Day",
    (12, 31): "New Year's Eve",
}


def month(day: date) -> str:
    return MONTHS[day.month - 1]


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def nth(day: date) -> str:
    """The day of the month as a numeral with an ending: 1st, 2nd, 3rd, 4th."""
    is_teen = 10 < day.day < 20
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day.day}{ending}"


def in_words(number: int) -> str:
    """A number from 1 to 99 in words."""
    if number < 20:
        return NUMBERS[number - 1]
    tens, ones = TENS[number // 10 - 2], number % 10
    return f"{tens}-{NUMBERS[ones - 1]}" if ones else tens


def ordinal(day: date) -> str:
    """The day of the month in words: first, twentieth, thirty-first."""
    tens, hyphen, last = in_words(day.day).rpartition("-")
    regular = f"{last.removesuffix('y')}ieth" if last.endswith("y") else f"{last}th"
    return tens + hyphen + ORDINALS.get(last, regular)


def year(day: date) -> str:
    """The year as it is read aloud: nineteen ninety-seven, two thousand and four, twenty fifteen."""
    century, rest = divmod(day.year, 100)
    if century == 20 and rest < 10:
        return f"two thousand and {in_words(rest)}" if rest else "two thousand"
    return f"{in_words(century)} {in_words(rest)}"


FORMS: dict[str, Callable[[date], str]] = {
    "the third of May 1997": lambda d: f"the {ordinal(d)} of {month(d)} {d.year}",
    "the 3rd of May, 1997": lambda d: f"the {nth(d)} of {month(d)}, {d.year}",
    "May 3rd, 1997": lambda d: f"{month(d)} {nth(d)}, {d.year}",
    "May the third, 1997": lambda d: f"{month(d)} the {ordinal(d)}, {d.year}",
    "3 May 1997": lambda d: f"{d.day} {month(d)} {d.year}",
    "3 May 97": lambda d: f"{d.day} {month(d)} {d.year % 100:02}",
    "third of May '97": lambda d: f"{ordinal(d)} of {month(d)} '{d.year % 100:02}",
    "Saturday, 3 May 1997": lambda d: f"{weekday(d)}, {d.day} {month(d)} {d.year}",
    "Sat, May 3, 1997": lambda d: f"{weekday(d)[:3]}, {month(d)[:3]} {d.day}, {d.year}",
    "Saturday the 3rd of May, 1997": lambda d: f"{weekday(d)} the {nth(d)} of {month(d)}, {d.year}",
    "the third of May, nineteen ninety-seven": lambda d: f"the {ordinal(d)} of {month(d)}, {year(d)}",
}
"""Each form: how it writes the third of May 1997, and how it writes any date."""


def random_days(generator: random.Random, days: list[date]) -> list[date]:
    """Different ones of these days. Only `random()` gives the same numbers in every version of Python."""
    chosen: dict[date, None] = {}
    while len(chosen) < N_EACH:
        chosen[days[int(generator.random() * len(days))]] = None
    return list(chosen)


def make_pairs(seed: int = SEED) -> list[tuple[str, str]]:
    """All pairs, source and target, in random order."""
    generator = random.Random(seed)
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    days.remove(LEFT_OUT)
    pairs = [(write(d), d.isoformat()) for write in FORMS.values() for d in random_days(generator, days)]
    holidays = [d for d in days if (d.month, d.day) in HOLIDAYS]
    pairs += [(f"{HOLIDAYS[d.month, d.day]} {d.year}", d.isoformat()) for d in random_days(generator, holidays)]
    return sorted(pairs, key=lambda _: generator.random())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    lines = [f"{source}\t{target}\n" for source, target in make_pairs(options.seed)]
    options.out.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
