"""Durations as users write them."""

from __future__ import annotations

from typing import Any

import pytest

from seqgen.config import parse_duration
from seqgen.errors import ConfigError


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30s", 30), ("5m", 300), ("1.5h", 5400), ("90", 90), (".5 s", 0.5), (" 2m ", 120), (0.25, 0.25), (7, 7)],
)
def test_a_number_of_seconds_minutes_or_hours(written: str | float, seconds: float) -> None:
    assert parse_duration(written, field="save_every") == seconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        "s",
        "0",
        "0m",
        "-5s",
        "5 minutes",
        "1m30s",
        "5M",
        "1e3",
        "inf",
        "nan",
        "٣s",
        "9" * 400,
        0,
        -1,
        True,
        1e400,
        None,
    ],
    ids=lambda written: repr(written)[:9],
)
def test_anything_else_is_refused_with_examples(written: Any) -> None:
    with pytest.raises(ConfigError, match=r"^save_every is .*: it must be a time above 0, such as 30s, 5m or 1h$"):
        parse_duration(written, field="save_every")
