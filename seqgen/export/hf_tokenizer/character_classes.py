"""Classes of characters as ranges of code points: the library's own classes have other members than Python's."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache


def ranges_where(holds: Callable[[str], bool]) -> str:
    r"""What stands between the brackets of a class that has these characters.

    >>> from seqgen.export.hf_tokenizer.character_classes import ranges_where
    >>> ranges_where("abcx-".__contains__)
    '\\x{2d}\\x{61}-\\x{63}\\x{78}'
    """
    ranges: list[list[int]] = []
    for code in filter(lambda code: holds(chr(code)), _codes()):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(rf"\x{{{first:x}}}" + (rf"-\x{{{last:x}}}" if last > first else "") for first, last in ranges)


@cache
def ranges_of(expression: str) -> str:
    """The same for the characters that match an expression."""
    matches = re.compile(expression).fullmatch
    return ranges_where(lambda character: matches(character) is not None)


def _codes() -> list[int]:
    """Every code point that a text can have: surrogates are none."""
    return [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]
