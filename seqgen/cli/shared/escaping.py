"""What a stranger wrote must not steer a terminal: names, notes, vocabularies and texts are shown escaped there."""

from __future__ import annotations

import json
import re
import sys

STEERING = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that end a line, or turn the order in which the ones around them are shown. Controls steer as well."""
_CONTROLS = re.compile(rf"[\x00-\x1f\x7f-\x9f{STEERING}]")
_UNDECODABLE = re.compile(r"[\udc80-\udcff]")
"""What Python keeps of a byte in a name that is not UTF-8: a code point that ends with the byte."""
_NOT_ESCAPED_BY_JSON = re.compile(rf"[\x7f-\x9f{STEERING}]")


def escape_controls(text: str, *, keep: str = "") -> str:
    """Write control characters out, as `\\x1b`, and those that turn the order of others, as `\\u202e`.

    Bytes that are not UTF-8 are written out as well.

    >>> print(escape_controls("a\\x1b[31m\\n\\u202e", keep="\\n").rstrip())
    a\\x1b[31m
    \\u202e
    """
    text = escape_undecodable(text)
    return _CONTROLS.sub(lambda found: found[0] if found[0] in keep else repr(found[0])[1:-1], text)


def escape_undecodable(text: str) -> str:
    """Write out the bytes of a name that are not UTF-8, as `\\xe9`: nothing can encode or draw them."""
    return _UNDECODABLE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text)


def for_stdout(text: str) -> str:
    """A text as standard output may get it: as it is in a pipe or file, and escaped on a terminal.

    Newlines and tabs stay.
    """
    return escape_controls(text, keep="\n\t") if sys.stdout.isatty() else text


def json_text(value: object, *, indent: int | None = None) -> str:
    """A value as JSON whose texts can be read, and cannot steer a terminal.

    >>> json_text({"name": "é\\x9b"})
    '{"name": "é\\\\u009b"}'
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _NOT_ESCAPED_BY_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
