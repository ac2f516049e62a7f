"""Names of runs and files inside of what is exported."""

from __future__ import annotations

import re


def plain_name(name: str) -> str:
    """A name on one line, whose control characters and bytes that are not UTF-8 are written out.

    >>> from seqgen.export.names import plain_name
    >>> print(plain_name("two\\nlines"))
    two\\nlines
    """
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in name)


def in_markdown(text: str) -> str:
    """A text on one line, as Markdown shows it without taking any of it for a link or for HTML.

    >>> from seqgen.export.names import in_markdown
    >>> print(in_markdown("<b>[a](b)"))
    &lt;b>\\[a\\](b)
    """
    line = plain_name(text).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"[`\[\]]", r"\\\g<0>", line)
