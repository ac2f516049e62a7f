"""How single tokens are shown to a person: without quotes, with their blanks visible."""

from __future__ import annotations

import re

from seqgen.cli.shared.escaping import escape_controls

_NAMED_BYTES = re.compile("bytes?( [0-9A-F]{2})+")
"""What `next_odds` returns for bytes that are no character."""
_VISIBLE = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥"})


def shown_token(text: str) -> str:
    """The text of a token with its blanks as signs. A carriage return is part of a line end.

    >>> [shown_token(text) for text in ("the", " the", "\\r\\n", "\\x1b", "byte E2", "")]
    ['the', '␣the', '⏎', '\\\\x1b', 'byte E2', 'end of text']
    """
    if _NAMED_BYTES.fullmatch(text):
        return text
    line_ends_unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return escape_controls(line_ends_unified.translate(_VISIBLE)) or "end of text"
