"""One token a word, its leading space included; words it does not hold fall back to characters."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, final

import numpy as np

from seqgen.errors import TokenizerError
from seqgen.tokenizers.alphabet import Alphabet, count_alphabet
from seqgen.tokenizers.base import END_OF_TEXT, MARK, Encoding, Tokenizer, regroup_segments, split_segments

MOST_WORDS = 20_000
_JOINERS = "\u200c\u200d"  # inside words of Persian and of the Indic scripts


@cache
def _word_pattern() -> re.Pattern[str]:
    """Words, numbers, single marks of punctuation and single spaces, the first three with a space before.

    Python's `\\w` leaves out combining marks, without which Hindi or Thai words would fall apart.
    """
    marks = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "M")
    letters = rf"(?:[^\W\d_]+|[{marks}{_JOINERS}]+)+"
    return re.compile(rf" ?(?:{letters}(?:['’]{letters})*|\d+|[^\w\s])|_|\s")


def split_words(text: str) -> list[str]:
    """The parts of a text: `"".join(split_words(s)) == s`. No part crosses the end of a piece."""
    find = _word_pattern().findall
    return [part for piece in split_segments(text) for part in find(piece)]


@final
class WordTokenizer(Tokenizer):
    """The most frequent words of the training part, after all of its characters."""

    kind = "word"
    alphabet: Alphabet

    def __init__(self, alphabet: Alphabet, words: Iterable[str], *, separator: str = "") -> None:
        self.alphabet = alphabet
        self.words = tuple(words)
        self.separator = separator

    @classmethod
    def train(cls, chunks: Iterable[str], *, vocab_size: int | None = None, separator: str = "") -> WordTokenizer:
        """Count the words of a text and keep the most frequent, ties in code-point order.

        Without a `vocab_size`, words that occur twice or more, `MOST_WORDS` at the most.

        Raises:
            TokenizerError: `vocab_size` has no room for the text's characters.
        """
        counts: Counter[str] = Counter()

        def counted() -> Iterable[str]:
            for text in regroup_segments(chunks):
                for document in text.split(MARK):
                    counts.update(split_words(document))
                yield text

        alphabet = count_alphabet(counted())
        if not alphabet.characters:
            raise TokenizerError("the training part has no character to make a vocabulary of")
        words = [word for word in counts if len(word) > 1 and (vocab_size or counts[word] > 1)]
        words.sort(key=lambda word: (-counts[word], word))
        return cls(alphabet, words[: _room(alphabet, len(words), vocab_size)], separator=separator)

    @property
    def vocab_size(self) -> int:
        return 1 + len(self.alphabet.characters) + len(self.words)

    @cached_property
    def _tokens(self) -> list[str]:
        return [self.separator, *self.alphabet.characters, *self.words]

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self._tokens) if i != END_OF_TEXT}

    def encode(self, text: str) -> Encoding:
        ids: list[int] = []
        oov: list[tuple[int, str]] = []
        place = 0
        for n_document, document in enumerate(text.split(MARK)):
            if n_document:
                ids.append(END_OF_TEXT)
                place += 1
            for part in split_words(document):
                found = self._id_of.get(part)
                if found is not None:
                    ids.append(found)
                else:
                    self._encode_characters(part, place, ids, oov)
                place += len(part)
        places = tuple(at for at, _ in oov)
        return Encoding(np.array(ids, dtype=np.int32), "".join(c for _, c in oov), places)

    def _encode_characters(self, part: str, place: int, ids: list[int], oov: list[tuple[int, str]]) -> None:
        for offset, character in enumerate(part):
            found = self._id_of.get(character)
            if found is None:
                oov.append((place + offset, character))
            else:
                ids.append(found)

    def token_bytes(self, token: int, previous: int) -> bytes:
        return self._tokens[token].encode()

    def state(self) -> dict[str, Any]:
        return {
            "characters": self.alphabet.characters,
            "unseen_probability": self.alphabet.oov_probability,
            "separator": self.separator,
            "lengths": [len(word) for word in self.words],
        }

    def bulk(self) -> bytes:
        return "".join(self.words).encode()

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> WordTokenizer:
        ends = np.cumsum([0, *state["lengths"]]).tolist()
        text = bulk.decode()
        words = (text[start:end] for start, end in pairwise(ends))
        alphabet = Alphabet(state["characters"], state["unseen_probability"])
        return cls(alphabet, words, separator=state["separator"])


def _room(alphabet: Alphabet, n_words: int, vocab_size: int | None) -> int:
    """How many words a vocabulary has room for beside the end-of-text token and the characters."""
    if vocab_size is None:
        return MOST_WORDS
    n_base = 1 + len(alphabet.characters)
    if vocab_size < n_base:
        raise TokenizerError(
            f"a vocabulary of {vocab_size} cannot hold the text's {n_base - 1} characters and the end-of-text token: "
            f"use --vocab-size {n_base} or more"
        )
    if vocab_size > n_base + n_words:
        raise TokenizerError(
            f"the text does not support a vocabulary of {vocab_size} words: use --vocab-size {n_base + n_words} or less"
        )
    return vocab_size - n_base
