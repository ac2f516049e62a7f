"""Yardsticks: what a text costs without a trained model."""

from __future__ import annotations

import bz2
import lzma
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import zstandard

from seqgen.corpus import CorpusPart, EncodedText, WholeText
from seqgen.corpus.ngram import NgramModel
from seqgen.evaluation.score import Score, score_nats
from seqgen.tokenizers import MARK, Tokenizer

_ORDERS = range(2, 8)
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip -9": lambda data: zlib.compress(data, 9, wbits=31),
    "bzip2 -9": lambda data: bz2.compress(data, 9),
    "xz -9e": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
    "zstd -19": zstandard.ZstdCompressor(level=19).compress,
}


@dataclass(frozen=True)
class PackedSize:
    """A text, and the bytes that it takes when it is packed."""

    packed: int
    characters: int
    bytes: int

    @property
    def bits_per_character(self) -> float:
        return 8 * self.packed / self.characters

    @property
    def bits_per_byte(self) -> float:
        return 8 * self.packed / self.bytes


@dataclass(frozen=True)
class Packed:
    """What a compressor makes of a text."""

    after: PackedSize
    """By what the packed training text grows with the text behind it: as a model, the compressor knows that one."""
    alone: PackedSize


def ngram_scores(
    tokenizer: Tokenizer, *, train: EncodedText, valid: EncodedText, scored: EncodedText
) -> Iterator[tuple[str, Score]]:
    """Uniform, unigram, and of the orders 2 to 7 that which foretells the validation part best.

    All of them in the model's own tokens; unseen characters cost what they cost the model.
    """
    vocab_size = tokenizer.vocab_size

    def score(model: NgramModel) -> Score:
        return score_nats(iter([model.nats(scored.ids)]), tokenizer, scored)

    uniform = np.full(len(scored.ids), math.log(vocab_size))
    yield "uniform", score_nats(iter([uniform]), tokenizer, scored)
    yield "unigram", score(NgramModel(train.ids, order=1, vocab_size=vocab_size))
    best, least, order = None, math.inf, 0
    for candidate in _ORDERS:
        model = NgramModel(train.ids, order=candidate, vocab_size=vocab_size)
        if (nats := float(model.nats(valid.ids).sum())) < least:
            best, least, order = model, nats, candidate
    if best is not None:
        yield f"{order}-gram Kneser-Ney", score(best)


def pack(train: str, text: str) -> Iterator[tuple[str, Packed]]:
    """What each compressor makes of a text that is not empty."""
    before, data = (part.encode("utf-8", "surrogatepass") for part in (train, text))
    for name, compress in COMPRESSORS.items():
        n_bytes_after = len(compress(before + data)) - len(compress(before))
        sizes = (PackedSize(n_bytes, len(text), len(data)) for n_bytes in (max(0, n_bytes_after), len(compress(data))))
        yield name, Packed(*sizes)


def read_whole(part: CorpusPart | WholeText, tokenizer: Tokenizer) -> str:
    """A text in memory, its documents separated."""
    return "".join(part.chunks()).replace(MARK, tokenizer.separator)
