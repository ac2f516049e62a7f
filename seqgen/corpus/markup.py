"""How much of a text is markup: tags and entities of HTML or XML."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"<[/!?a-zA-Z][^<>]{0,500}>|&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_LEAST_SHARE = 0.05
"""The share of a text from which its markup is worth a word. Programs may have a little that looks like it."""


def count_markup(text: str) -> int:
    """Characters of a text that are markup.

    >>> from seqgen.corpus.markup import count_markup
    >>> count_markup("<p>a &lt; b</p> and 1 < 2 > 0")
    11
    """
    return sum(match.end() - match.start() for match in _MARKUP.finditer(text))


def is_marked_up(share: float) -> bool:
    """Whether so large a share of a text is markup that a person should know it."""
    return share >= _LEAST_SHARE
