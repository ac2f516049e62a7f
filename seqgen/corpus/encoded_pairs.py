"""Pairs as ids: all sources in one array, all targets in another, and where each begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seqgen.config import LabelConfig, LineEnds, TokenizerConfig
from seqgen.corpus.encoded_texts import BLOCK, EncodedTexts, Ids, encode_texts
from seqgen.corpus.pairs import Pair
from seqgen.corpus.record import PartSizes
from seqgen.corpus.source_reader import SourceReader
from seqgen.tokenizers import END_OF_TEXT, MARK, Tokenizer, train_tokenizer
from seqgen.waiting import waiting


@dataclass(frozen=True, kw_only=True, eq=False)
class EncodedPairs:
    """The ids of N pairs, and what they stand for.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus.encoded_pairs import encode_pairs
    >>> from seqgen.corpus.pairs import Pair
    >>> from seqgen.tokenizers import train_tokenizer
    >>> letters = train_tokenizer(CharConfig(), ["abc"], n_bytes=3)
    >>> pairs = encode_pairs([Pair("ab", "c"), Pair("?", "")], letters, letters)
    >>> pairs.source(0).tolist(), pairs.target(0).tolist()  # both end with the end-of-text token
    ([1, 2, 0], [3, 0])
    >>> pairs.source(1).tolist(), pairs.n_source_oov  # 4 is the unknown id
    ([4, 0], 1)
    """

    sources: Ids
    """All sources, one after the other. Each ends with the end-of-text token."""
    source_starts: NDArray[np.int64]
    """Where each source begins, and where the last one ends. (N + 1,)"""
    targets: Ids
    """All targets. Each ends with the end-of-text token, unless it is a label, which is a single id."""
    target_starts: NDArray[np.int64]
    """Where each target begins, and where the last one ends. (N + 1,)"""
    unknown_id: int
    """The id of sources that stands for everything that their vocabulary does not cover: the last one."""
    n_target_characters: int
    n_target_bytes: int
    """These two count the targets themselves, including characters that have no id."""
    n_source_oov: int
    """Out-of-vocabulary characters of the sources, or words if the vocabulary is closed. Each is read as its nearest
    form or, if there is none, as the unknown id."""
    n_target_oov: int
    """Out-of-vocabulary characters of the targets, or out-of-vocabulary labels. They have no id."""
    is_lossless: bool = True
    """Whether the ids of every target decode to it again, apart from characters that have no id."""

    @property
    def n_pairs(self) -> int:
        return len(self.source_starts) - 1

    @property
    def n_source_unknown(self) -> int:
        """How often the unknown id stands in the sources."""
        return int(np.count_nonzero(self.sources == self.unknown_id))

    @property
    def source_lengths(self) -> NDArray[np.int64]:
        """How many ids each source has, its end-of-text token included. (N,)"""
        return np.diff(self.source_starts)

    @property
    def target_lengths(self) -> NDArray[np.int64]:
        """How many ids each target has; 0 for a label that is out of the vocabulary. (N,)"""
        return np.diff(self.target_starts)

    @property
    def sizes(self) -> PartSizes:
        """What the record of a corpus keeps of a part: its sizes are those of the targets."""
        return PartSizes(
            n_tokens=len(self.targets),
            n_characters=self.n_target_characters,
            n_bytes=self.n_target_bytes,
            n_oov=self.n_target_oov,
            longest_source=int(self.source_lengths.max(initial=0)) or None,
            longest_target=int(self.target_lengths.max(initial=0)) or None,
        )

    def source(self, number: int) -> Ids:
        """The ids of one source."""
        return self.sources[self.source_starts[number] : self.source_starts[number + 1]]

    def target(self, number: int) -> Ids:
        """The ids of one target."""
        return self.targets[self.target_starts[number] : self.target_starts[number + 1]]

    def first(self, n_pairs: int) -> EncodedPairs:
        """The ids of the first pairs. The counts of characters stay those of all pairs."""
        n_sources, n_targets = int(self.source_starts[n_pairs]), int(self.target_starts[n_pairs])
        return replace(
            self,
            sources=self.sources[:n_sources],
            source_starts=self.source_starts[: n_pairs + 1],
            targets=self.targets[:n_targets],
            target_starts=self.target_starts[: n_pairs + 1],
        )


def train_on_texts(config: TokenizerConfig | LabelConfig, texts: Sequence[str]) -> Tokenizer:
    """The vocabulary of all sources, or of all targets, of a training part.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus.encoded_pairs import train_on_texts
    >>> train_on_texts(CharConfig(), ["ab", "bc"]).vocab_size
    4

    Raises:
        TokenizerError: the texts hold no character, or do not support the vocabulary size in `config`.
    """
    blocks = (texts[first : first + BLOCK] for first in range(0, len(texts), BLOCK))
    chunks = ("".join(text + MARK for text in block) for block in blocks)
    return train_tokenizer(config, chunks, n_bytes=sum(len(text.encode()) for text in texts))


def encode_pairs(
    pairs: Sequence[Pair], source_tokenizer: Tokenizer, target_tokenizer: Tokenizer, *, line_ends: LineEnds = "keep"
) -> EncodedPairs:
    """The ids of some pairs under the vocabularies of their sources and of their targets.

    `line_ends` says how those of the training text were read.

    >>> from seqgen.config import CharConfig, LabelConfig
    >>> from seqgen.corpus import Pair, encode_pairs
    >>> from seqgen.corpus.encoded_pairs import train_on_texts
    >>> letters, labels = train_on_texts(CharConfig(), ["ab"]), train_on_texts(LabelConfig(), ["yes", "no"])
    >>> encode_pairs([Pair("a", "no"), Pair("b", "yes")], letters, labels).targets.tolist()
    [1, 2]

    Raises:
        TokenizerError: the vocabulary of the targets is closed and lacks a word.
    """
    texts = [pair.target for pair in pairs]
    with waiting("encoding the pairs"):
        sources = SourceReader(source_tokenizer, line_ends=line_ends).encode([pair.source for pair in pairs])
        targets = encode_texts(texts, target_tokenizer)
    if target_tokenizer.is_of_labels:
        targets = _as_labels(targets)
    return EncodedPairs(
        sources=sources.ids,
        source_starts=sources.starts,
        targets=targets.ids,
        target_starts=targets.starts,
        unknown_id=source_tokenizer.vocab_size,
        n_target_characters=sum(map(len, texts)),
        n_target_bytes=sum(len(text.encode()) for text in texts),
        n_source_oov=sources.n_oov,
        n_target_oov=targets.n_oov,
        is_lossless=target_tokenizer.is_lossless or _come_back(texts, targets, target_tokenizer),
    )


def _as_labels(encoded: EncodedTexts) -> EncodedTexts:
    """The same ids without the end-of-text tokens. What is out of the vocabulary is counted in labels."""
    starts = encoded.starts - np.arange(len(encoded.starts))  # the i-th text has i end-of-text tokens before it
    return EncodedTexts(encoded.ids[encoded.ids != END_OF_TEXT], starts, int((np.diff(starts) == 0).sum()))


def _come_back(texts: Sequence[str], encoded: EncodedTexts, tokenizer: Tokenizer) -> bool:
    return all(text == decoded for text, decoded in zip(texts, _decoded(encoded, tokenizer), strict=True))


def _decoded(encoded: EncodedTexts, tokenizer: Tokenizer) -> Iterator[str]:
    ids = encoded.ids.tolist()
    for start, end in zip(encoded.starts[:-1].tolist(), encoded.starts[1:].tolist(), strict=True):
        yield tokenizer.decode(ids[start : end - 1])
