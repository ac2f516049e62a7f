"""Names of runs and files inside of what is exported."""

from __future__ import annotations


def plain_name(name: str) -> str:
    """A name on one line, whose control characters and bytes that are not UTF-8 are written out.

    >>> from seqgen.export.names import plain_name
    >>> print(plain_name("two\\nlines"))
    two\\nlines
    """
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in name)
