"""What general-purpose compressors make of a text, as a baseline for models."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import zstandard

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip -9": lambda data: zlib.compress(data, 9, wbits=31),
    "bzip2 -9": lambda data: bz2.compress(data, 9),
    "xz -9e": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
    "zstd -19": zstandard.ZstdCompressor(level=19).compress,
}


@dataclass(frozen=True)
class CompressedSize:
    """A text, and the bytes that it takes when it is compressed."""

    compressed: int
    characters: int
    bytes: int

    @property
    def bits_per_character(self) -> float:
        return 8 * self.compressed / self.characters

    @property
    def bits_per_byte(self) -> float:
        return 8 * self.compressed / self.bytes


@dataclass(frozen=True)
class Compression:
    """What a compressor makes of a text."""

    after: CompressedSize
    """Extra compressed bytes when the text is appended to the training text, which a model has seen too."""
    alone: CompressedSize
    """Without the training text."""


def compress_text(train: str, text: str) -> Iterator[tuple[str, Compression]]:
    """What each compressor makes of a text that is not empty."""
    before, data = (part.encode("utf-8", "surrogatepass") for part in (train, text))
    for name, compress in COMPRESSORS.items():
        n_after = max(0, len(compress(before + data)) - len(compress(before)))
        after, alone = (CompressedSize(n, len(text), len(data)) for n in (n_after, len(compress(data))))
        yield name, Compression(after, alone)
