"""Durations as a user writes them."""

from __future__ import annotations

import math
import re

from seqgen.config.fields import LARGEST
from seqgen.errors import ConfigError

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?([smh]?)", re.ASCII)


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
    if isinstance(written, str):
        found = _WRITTEN.fullmatch(written.strip())
        seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    else:
        seconds = written if type(written) in (int, float) else 0.0
    if not 0 < seconds < math.inf:
        raise ConfigError(f"is {written!r}: it must be a time above 0, such as 30s, 5m or 1h", field=field)
    return float(min(seconds, LARGEST))
