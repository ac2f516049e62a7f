"""A trained tokenizer of every kind, and texts to try it on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from seqgen.config import (
    ByteConfig,
    CharConfig,
    SentencePieceConfig,
    TokenizerConfig,
    WhitespaceConfig,
    WordConfig,
)
from seqgen.tokenizers import (
    MARK,
    Detokenizer,
    Encoding,
    Tokenizer,
    train_tokenizer,
)
from tests.tiny import TEXT

CONFIGS: dict[str, TokenizerConfig] = {
    "char": CharConfig(),
    "byte": ByteConfig(),
    "word": WordConfig(),
    "whitespace": WhitespaceConfig(),
    "bpe": SentencePieceConfig(sentencepiece_model="bpe"),
    "unigram": SentencePieceConfig(sentencepiece_model="unigram"),
}
LOSSLESS = [name for name in CONFIGS if name != "whitespace"]
SPELLING = ["byte", "bpe", "unigram"]
"""Those that fall back to bytes, and so cover every text."""
SEPARATORS = ["", "\n", "\n\n", "\r\n", "\r\n\r\n"]
EXOTIC = [
    "\u2581 a\u2581b \u2581\u2581",
    "\u2585",
    "\0a\0",
    "a\r\nb\rcé\n\n",
    "\u0301\u0308e\u0301",
    "😀👩‍👩‍👧 𝔘",
    "  two  spaces \t\u00a0\u3000",
    "\ufeff\ufffd",
    "हिन्दी में",
    "<0x0A><unk><s>",
    "ﬁ½Ⅷ１",
]
TRAINING = TEXT[:2000] + "\n".join(EXOTIC)
PARTS = [*TRAINING.replace(" ", " \0").split("\0"), "\n", "\r\n", " ", "\u2581"]

every_tokenizer = pytest.mark.parametrize("name", CONFIGS)
every_lossless = pytest.mark.parametrize("name", LOSSLESS)
every_spelling = pytest.mark.parametrize("name", SPELLING)
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


@cache
def trained(name: str, separator: str = "") -> Tokenizer:
    return train_tokenizer(CONFIGS[name], [TRAINING], n_bytes=len(TRAINING.encode()), separator=separator)


def covered(tokenizer: Tokenizer) -> st.SearchStrategy[str]:
    """Documents that the vocabulary covers, with marks between them."""
    if not tokenizer.is_lossless:
        lines = st.lists(st.sampled_from(TRAINING.split()), max_size=4).map(" ".join)
        documents = st.lists(lines, max_size=4).map(lambda some: "".join(line + "\n" for line in some))
    else:
        known = st.characters(codec="utf-8")
        if tokenizer.alphabet is not None:
            known = st.sampled_from(tokenizer.alphabet.characters)
        documents = st.lists(st.sampled_from(PARTS) | st.text(known), max_size=6).map("".join)
    return st.lists(documents, max_size=4).map(MARK.join)


def any_text(tokenizer: Tokenizer) -> st.SearchStrategy[str]:
    """Documents of any characters that the tokenizer does not refuse."""
    if not tokenizer.is_lossless:
        return covered(tokenizer)
    return st.lists(covered(tokenizer) | st.text(st.characters(codec="utf-8")), max_size=4).map("".join)


def cut(text: str, places: Iterable[int]) -> list[str]:
    ends = sorted(min(place, len(text)) for place in places)
    return [text[start:end] for start, end in pairwise([0, *ends, len(text)])]


def joined(encodings: Iterable[Encoding]) -> tuple[list[int], str, list[int]]:
    ids: list[int] = []
    oov = ""
    oov_at: list[int] = []
    for encoding in encodings:
        ids += encoding.ids.tolist()
        oov += encoding.oov
        oov_at += encoding.oov_at
    return ids, oov, oov_at


def write_all(detokenizer: Detokenizer, ids: Iterable[int]) -> str:
    return "".join(map(detokenizer.write, ids)) + detokenizer.finish()
