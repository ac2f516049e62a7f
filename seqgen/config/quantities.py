"""Durations and sizes as a user writes them: a number and a unit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from seqgen.config.checked import plain_number
from seqgen.config.fields import LARGEST
from seqgen.errors import ConfigError
from seqgen.wording import shown

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_BYTES = {"": 1, "b": 1} | {
    f"{prefix}{end}": base**power
    for base, end in ((1000, "b"), (1024, "ib"))
    for power, prefix in enumerate("kmgt", start=1)
}
"""In lower case; no other sizes differ from them in case alone."""
_MOST_BYTES = 2**63 - 1
"""No disk holds as much."""
_WRITTEN = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?([A-Za-z]*)", re.ASCII)


def parse_duration(written: str | float, *, field: str) -> float:
    """Seconds, from `30s`, `5m`, `1.5h` or a number of seconds. `field` is what the error names.

    >>> from seqgen.config import parse_duration
    >>> parse_duration("5m", field="save_every"), parse_duration(30, field="save_every")
    (300.0, 30.0)
    >>> parse_duration("soon", field="save_every")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: save_every is 'soon': it must be a time above 0, such as 30s, 5m or 1h

    Raises:
        ConfigError: it is no duration, or not above 0.
    """
    seconds = _parse(written, _SECONDS) if isinstance(written, str) else plain_number(written)
    if type(seconds) not in (int, float) or not 0 < seconds < math.inf:
        raise ConfigError(f"is {shown(written)}: it must be a time above 0, such as 30s, 5m or 1h", field=field)
    return float(min(seconds, LARGEST))


def parse_bytes(written: str, *, field: str) -> int:
    """Bytes, from `20MB` (decimal: 1 MB is 1000 kB), `20MiB` (binary: 1 MiB is 1024 KiB) or a number of bytes.

    >>> from seqgen.config import parse_bytes
    >>> parse_bytes("1.5GB", field="max_bytes"), parse_bytes("2KiB", field="max_bytes")
    (1500000000, 2048)
    >>> parse_bytes("much", field="max_bytes")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: max_bytes is 'much': it must be a size of 1 byte or more, such as 500000, 20MB or 1.5GiB

    Raises:
        ConfigError: it is no size, or less than a byte.
    """
    n_bytes = _parse(written.lower(), _BYTES)
    if not 1 <= n_bytes < math.inf:
        allowed = "a size of 1 byte or more, such as 500000, 20MB or 1.5GiB"
        raise ConfigError(f"is {written!r}: it must be {allowed}", field=field)
    return min(round(n_bytes), _MOST_BYTES)


def _parse(written: str, units: Mapping[str, int]) -> float:
    """A number with one of the units, in the smallest of them; 0 if it is none."""
    found = _WRITTEN.fullmatch(written.strip())
    return float(found[1]) * units.get(found[2], 0) if found else 0.0
