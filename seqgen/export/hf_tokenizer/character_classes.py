"""Classes of characters as ranges of code points: the library's own classes have other members than Python's."""

from __future__ import annotations

import re
import sys
from functools import cache

_SURROGATES = (0xD800, 0xDFFF)
"""The first and the last code point that no text can have."""


@cache
def ranges_of(expression: str) -> str:
    r"""What stands between the brackets of a class that has the characters which match an expression.

    >>> from seqgen.export.hf_tokenizer.character_classes import ranges_of
    >>> ranges_of("[abcx]|-")
    '\\x{2d}\\x{61}-\\x{63}\\x{78}'
    """
    matches = (match for text in _every_character() for match in re.finditer(f"(?:{expression})+", text))
    return "".join(_range(match[0][0], match[0][-1]) for match in matches)


def _range(first: str, last: str) -> str:
    return rf"\x{{{ord(first):x}}}" + (rf"-\x{{{ord(last):x}}}" if last > first else "")


def _every_character() -> tuple[str, str]:
    """Every character in order, in two parts, because surrogates stand between them."""
    before, after = range(_SURROGATES[0]), range(_SURROGATES[1] + 1, sys.maxunicode + 1)
    return "".join(map(chr, before)), "".join(map(chr, after))
