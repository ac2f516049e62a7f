"""Compressed files in their rarer forms: a file that is cut short is told from one that is not compressed."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from seqgen.corpus.sources import read_text
from seqgen.errors import CorpusError


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        (".gz", b"\x1f"),
        (".xz", lzma.compress(b"one", format=lzma.FORMAT_ALONE)[:16]),
        (".zst", b"\x50\x2a\x4d\x18\7\0\0\0skip"),
        (".zst", b"\x5f\x2a\x4d\x18\7\0\0\0skip"),
    ],
)
def test_an_archive_that_begins_otherwise_is_incomplete_too(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"text{suffix}"
    path.write_bytes(data)
    with pytest.raises(CorpusError, match=f"text{suffix} is incomplete: copy or download it again$"):
        list(read_text(str(path)))
