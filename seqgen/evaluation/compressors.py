"""How far general-purpose compressors shrink a text: a baseline that knows nothing about tokens.

Prediction and compression are the same problem: a model under which a text has probability p can compress it to -log2 p
bits. So the compressed size in bits, divided by the size of the text, compares directly with a model's bits per byte.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import zstandard

from seqgen.waiting import one_by_one

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip -9": lambda data: zlib.compress(data, 9, wbits=31),
    "bzip2 -9": lambda data: bz2.compress(data, 9),
    "xz -9e": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
    "zstd -19": zstandard.ZstdCompressor(level=19).compress,
}


@dataclass(frozen=True)
class CompressedSize:
    """The size of a text before and after compression.

    >>> CompressedSize(n_compressed=250, n_characters=1000, n_bytes=1000).bits_per_byte
    2.0
    """

    n_compressed: int
    """Bytes."""
    n_characters: int
    n_bytes: int

    @property
    def bits_per_character(self) -> float:
        return 8 * self.n_compressed / self.n_characters

    @property
    def bits_per_byte(self) -> float:
        return 8 * self.n_compressed / self.n_bytes


@dataclass(frozen=True)
class Compression:
    """What one compressor makes of a text, with and without the training text.

    >>> text = "Mina sat by the river. " * 9
    >>> compression = dict(compress_text(text, after=text * 9))["xz -9e"]
    >>> compression.after.n_compressed < compression.alone.n_compressed
    True
    """

    after: CompressedSize
    """Extra compressed bytes when the text is appended to the training text. The compressor has then seen the training
    text, as a trained model has."""
    alone: CompressedSize
    """The text compressed by itself."""


def compress_text(text: str, *, after: str = "") -> Iterator[tuple[str, Compression]]:
    """Compress a text, which must not be empty, with every compressor; yield their names and the sizes.

    `after` is the training text.

    >>> sizes = dict(compress_text("Mina sat by the river. " * 40))
    >>> list(sizes)
    ['gzip -9', 'bzip2 -9', 'xz -9e', 'zstd -19']
    >>> sizes["gzip -9"].alone.bits_per_byte < 1  # it repeats itself
    True
    """
    before, data = (part.encode("utf-8", "surrogatepass") for part in (after, text))
    for name, compress in one_by_one(list(COMPRESSORS.items()), lambda item: f"compressing with {item[0]}"):
        n_after = max(0, len(compress(before + data)) - len(compress(before)))
        sizes = (CompressedSize(n, len(text), len(data)) for n in (n_after, len(compress(data))))
        yield name, Compression(*sizes)
