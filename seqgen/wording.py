"""Numbers in sentences."""

from __future__ import annotations


def count_of(number: int, thing: str) -> str:
    """A number of things in words.

    >>> count_of(1, "word"), count_of(1234, "word")
    ('1 word', '1,234 words')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
