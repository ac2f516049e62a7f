"""One token for each word, with the space before it. Words outside the vocabulary are spelled in characters."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import accumulate, chain, pairwise
from typing import Any, final

import numpy as np

from seqgen.config import WordConfig
from seqgen.errors import TokenizerError
from seqgen.tokenizers.alphabet import Alphabet, count_alphabet
from seqgen.tokenizers.base import Encoding, Tokenizer
from seqgen.tokenizers.end_of_text import END_OF_TEXT, MARK
from seqgen.tokenizers.restoring import read_alphabet, read_text, require_distinct
from seqgen.tokenizers.segments import regroup_segments, split_segments

MOST_WORDS = 20_000
"""Largest number of words in a vocabulary whose size is not set."""

APOSTROPHES = "'’"
_JOINERS = "\u200c\u200d"
"""Zero-width characters that stand inside words of Persian and of the Indic scripts."""
_ASSIGNED = (range(0x40000), range(0xE0000, 0xF0000))
"""Code points among which there are letters and marks. The others are for nobody yet, or for private use."""
_FAR = "\U00010000"
"""The first character that Python's expressions do not look up in a table."""


@cache
def letters() -> str:
    """An expression for a run of letters.

    Combining marks belong to it, which Python's `\\w` leaves out: words of Hindi or Thai would fall apart. The letters
    are written out as ranges, which is six times as fast as alternatives. Python tries the ranges beyond its first
    65,536 characters one by one, so a character that is not beyond them is kept from there.
    """
    near, far = "", ""
    for first, last in _letter_runs():
        if first < _FAR:
            near += f"{first}-{last}"
        else:
            far += f"{first}-{last}"
    return rf"(?:[{near}]+|(?=[{_FAR}-{chr(sys.maxunicode)}])[{far}]+)+"


def _letter_runs() -> Iterator[tuple[str, str]]:
    """The first and last of all letters, marks and joiners that follow one another among the code points."""
    every = "".join(map(chr, chain(*_ASSIGNED)))
    is_letter = bytearray(character in _JOINERS or unicodedata.category(character)[0] == "M" for character in every)
    for found in re.finditer(r"[^\W\d_]+", every):
        is_letter[found.start() : found.end()] = b"\1" * len(found[0])
    return ((every[found.start()], every[found.end() - 1]) for found in re.finditer(b"\1+", is_letter))


@cache
def _word() -> str:
    """An expression for a word: runs of letters with apostrophes between them."""
    return rf"{letters()}(?:[{APOSTROPHES}]{letters()})*"


@cache
def _word_pattern() -> re.Pattern[str]:
    """Matches a word, a number or a punctuation mark, each with the space before it, or one white-space character."""
    return re.compile(rf" ?(?:{_word()}|\d+|[^\w\s])|_|\s")


@cache
def is_letter(character: str) -> bool:
    """Whether a character can stand anywhere in a word. An apostrophe can only stand between two that do.

    >>> from seqgen.tokenizers.word import is_letter
    >>> [is_letter(character) for character in "é7-"]
    [True, False, False]
    """
    return re.fullmatch(letters(), character) is not None


def find_words(text: str) -> list[str]:
    """The words of a text without what stands between them: no space, number or punctuation mark.

    >>> from seqgen.tokenizers.word import find_words
    >>> find_words("It isn't 7 o'clock, well-read 'Ann'.")
    ['It', "isn't", "o'clock", 'well', 'read', 'Ann']
    """
    return re.findall(_word(), text)


def split_words(text: str) -> list[str]:
    """The words of a text, and what stands between them; joined, they are the text again.

    >>> from seqgen.tokenizers.word import split_words
    >>> split_words("It isn't  so.")
    ['It', " isn't", ' ', ' so', '.']
    """
    find = _word_pattern().findall
    return [part for segment in split_segments(text) for part in find(segment)]


@final
class WordTokenizer(Tokenizer):
    """All characters of the training part come first, then its most frequent words."""

    kind = "word"
    alphabet: Alphabet

    def __init__(self, alphabet: Alphabet, words: Iterable[str], *, separator: str = "") -> None:
        self.alphabet = alphabet
        self.words = tuple(words)
        self.separator = separator

    @classmethod
    def train(cls, chunks: Iterable[str], config: WordConfig, *, n_bytes: int, separator: str = "") -> WordTokenizer:
        """Count the words of a text and keep the most frequent, ties in the order of their code points.

        Without a `vocab_size`, keep those that occur twice or more, but at most `MOST_WORDS`.

        Raises:
            TokenizerError: the text has no character, or `vocab_size` is too small or too large for it.
        """
        counts: Counter[str] = Counter()

        def counted() -> Iterable[str]:
            for chunk in regroup_segments(chunks):
                for document in chunk.split(MARK):
                    counts.update(split_words(document))
                yield chunk

        alphabet = count_alphabet(counted())
        if not alphabet.characters:
            raise TokenizerError("the training part has no character to make a vocabulary of")
        words = [word for word in counts if len(word) > 1 and (config.vocab_size or counts[word] > 1)]
        words.sort(key=lambda word: (-counts[word], word))
        return cls(
            alphabet, words[: _count_words(alphabet, len(words), vocab_size=config.vocab_size)], separator=separator
        )

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> WordTokenizer:
        text, lengths = bulk.decode(), state["lengths"]
        if not all(type(length) is int and length > 0 for length in lengths) or sum(lengths) != len(text):
            raise ValueError("the lengths of the words do not fit their text")
        words = [text[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]
        return cls(read_alphabet(state), require_distinct(words), separator=read_text(state, "separator"))

    def state(self) -> dict[str, Any]:
        return {
            "characters": self.alphabet.characters,
            "unseen_probability": self.alphabet.oov_probability,
            "separator": self.separator,
            "lengths": [len(word) for word in self.words],
        }

    def bulk(self) -> bytes:
        return "".join(self.words).encode()

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
        oov: list[tuple[str, int, int]] = []
        position = 0
        for n_document, document in enumerate(text.split(MARK)):
            if n_document:
                ids.append(END_OF_TEXT)
                position += 1
            for word in split_words(document):
                word_id = self._id_of.get(word)
                if word_id is not None:
                    ids.append(word_id)
                else:
                    self._spell(word, position, ids=ids, oov=oov)
                position += len(word)
        characters, oov_at, oov_after = zip(*oov, strict=True) if oov else ((), (), ())
        return Encoding(np.array(ids, dtype=np.int32), "".join(characters), oov_at, oov_after)

    def _spell(self, word: str, position: int, *, ids: list[int], oov: list[tuple[str, int, int]]) -> None:
        """Add the ids of a word's characters, and those characters that have none: each with its position in the text
        and the number of ids before it."""
        for offset, character in enumerate(word):
            character_id = self._id_of.get(character)
            if character_id is None:
                oov.append((character, position + offset, len(ids)))
            else:
                ids.append(character_id)

    def token_bytes(self, token: int, previous: int) -> bytes:
        return self._tokens[token].encode()


def _count_words(alphabet: Alphabet, n_words: int, *, vocab_size: int | None) -> int:
    """How many of `n_words` words go into the vocabulary, beside the end-of-text token and the characters."""
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
