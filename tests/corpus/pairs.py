"""Pairs written, opened and encoded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqgen.config import CharConfig, CorpusConfig, LabelConfig
from seqgen.corpus import Corpus, EncodedPairs, Pair, encode_pairs, open_corpus
from seqgen.corpus.encoded_pairs import train_on_texts
from tests.corpus.parts import write

REVERSALS = [Pair(text, text[::-1]) for text in ("one", "three", "", "seventeen", "a", "hundred", "two", "eleven")]


def open_pairs(folder: Path, pairs: Sequence[tuple[str, str]], **options: Any) -> Corpus:
    text = "".join(f"{source}\t{target}\n" for source, target in pairs)
    return open_corpus(CorpusConfig(paths=(write(folder / "pairs.tsv", text),), pairs=True, **options))


def encoded(pairs: Sequence[Pair], *, has_labels: bool = False) -> EncodedPairs:
    source_tokenizer = train_on_texts(CharConfig(), [pair.source for pair in pairs])
    config = LabelConfig() if has_labels else CharConfig()
    return encode_pairs(pairs, source_tokenizer, train_on_texts(config, [pair.target for pair in pairs]))
