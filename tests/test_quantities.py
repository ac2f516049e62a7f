"""Durations and sizes as users write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqgen.config import CorpusConfig, parse_bytes, parse_duration, parse_field
from seqgen.errors import ConfigError


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1.5h", 5400),
        ("90", 90),
        (".5 s", 0.5),
        (" 2m ", 120),
        (0.25, 0.25),
        (7, 7),
        (np.int64(7), 7),
        (np.float64(30), 30),
    ],
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
        np.zeros((30, 30)),
    ],
    ids=lambda written: repr(written)[:9],
)
def test_anything_else_is_refused_with_examples(written: Any) -> None:
    with pytest.raises(ConfigError, match=r"^save_every is .*: it must be a time above 0, such as 30s, 5m or 1h$"):
        parse_duration(written, field="save_every")


SIZES = {
    "500000": 500_000,
    "7B": 7,
    "20kB": 20_000,
    "1MB": 10**6,
    "1.5 GB": 1_500_000_000,
    "2tb": 2 * 10**12,
    "1KiB": 1024,
    "512MiB": 512 * 2**20,
    " 2GiB ": 2**31,
    "9" * 30: 2**63 - 1,
}


@pytest.mark.parametrize(("written", "n_bytes"), SIZES.items())
def test_a_number_of_bytes_with_a_decimal_or_binary_unit(written: str, n_bytes: int) -> None:
    assert parse_bytes(written, field="max_bytes") == n_bytes


@pytest.mark.parametrize(
    "written", ["", "MB", "0", "0.4", "0GB", "-1", "1M", "1 megabyte", "1e9", "inf", "٣B", "9" * 400]
)
def test_anything_but_a_size_is_refused_with_examples(written: str) -> None:
    allowed = "a size of 1 byte or more, such as 500000, 20MB or 1.5GiB"
    with pytest.raises(ConfigError, match=f"^max_bytes is '{written}': it must be {allowed}$"):
        parse_bytes(written, field="max_bytes")


def test_a_field_in_bytes_takes_a_size() -> None:
    assert parse_field(CorpusConfig, "max_file_bytes", "5MB") == 5_000_000
