"""Numbers, texts and other values in sentences."""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"\\\\|\\udc([89a-f][0-9a-f])")
"""In the quotation of a text: a backslash of its own, and a byte that is not UTF-8 as Python keeps it."""
_LONGEST_SHOWN = 60
"""Characters of a value."""


def count_of(number: int, thing: str) -> str:
    """A number of things in words.

    >>> count_of(1, "word"), count_of(1234, "word")
    ('1 word', '1,234 words')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def quoted(text: str) -> str:
    """A text in quotes. A byte of the command line that is not UTF-8 is written out as the byte that it was.

    >>> print(quoted("caf\\udce9\\n"))
    'caf\\xe9\\n'
    """
    return _ESCAPES.sub(lambda found: f"\\x{found[1]}" if found[1] else found[0], repr(text))


def shown(value: object) -> str:
    """A value of any type as Python writes it, in one line, and cut off where it is long.

    >>> import numpy as np
    >>> shown("Mina"), shown(np.eye(2))
    ("'Mina'", 'array([[1., 0.], [0., 1.]])')
    >>> shown("Mina " * 99)
    "'Mina Mina Mina Mina Mina Mina Mina Mina Mina Mina Mina Mina…"
    """
    try:
        written = repr(value)
    except ValueError:  # Python writes no whole number as long
        return "a number of thousands of digits"
    line = " ".join(part.strip() for part in written.splitlines())
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN].rstrip()}…"
