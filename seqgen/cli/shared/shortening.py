"""Sources, targets and tokens that fit the cell of a table or the edge of a picture."""

from __future__ import annotations

from seqgen.cli.shared.escaping import escape_controls


def shortened(text: str, length: int) -> str:
    """A text on one line, with its control characters escaped and its end left out where it is longer.

    >>> shortened("one\\ttwo three", 9)
    'one\\\\ttwo…'
    """
    text = escape_controls(text)
    return text if len(text) <= length else text[: length - 1] + "…"
