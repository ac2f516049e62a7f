"""Classes of characters as ranges of code points: other programs' classes have other members than Python's."""

from __future__ import annotations

import re
import sys
from functools import cache

_SURROGATES = (0xD800, 0xDFFF)
"""The first and the last code point that no text can have."""


@cache
def runs_of(expression: str) -> tuple[tuple[str, str], ...]:
    """The first and the last character of each run of characters that match an expression.

    >>> from seqgen.export.character_classes import runs_of
    >>> runs_of("[abcx]|-")
    (('-', '-'), ('a', 'c'), ('x', 'x'))
    """
    matches = (match[0] for text in _every_character() for match in re.finditer(f"(?:{expression})+", text))
    return tuple((match[0], match[-1]) for match in matches)


def ranges_of(expression: str) -> str:
    r"""What stands between the brackets of a class with these characters, in the tokenizers library.

    >>> from seqgen.export.character_classes import ranges_of
    >>> ranges_of("[abcx]|-")
    '\\x{2d}\\x{61}-\\x{63}\\x{78}'
    """
    return "".join(_range(first, last) for first, last in runs_of(expression))


def _range(first: str, last: str) -> str:
    return rf"\x{{{ord(first):x}}}" + (rf"-\x{{{ord(last):x}}}" if last > first else "")


def _every_character() -> tuple[str, str]:
    """Every character in order, in two parts, because surrogates stand between them."""
    before, after = range(_SURROGATES[0]), range(_SURROGATES[1] + 1, sys.maxunicode + 1)
    return "".join(map(chr, before)), "".join(map(chr, after))
