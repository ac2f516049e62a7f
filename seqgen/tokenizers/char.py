"""One token for each Unicode character of the training part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import CharConfig
from seqgen.errors import TokenizerError
from seqgen.tokenizers.alphabet import N_CODES, Alphabet, code_points, count_alphabet
from seqgen.tokenizers.base import Encoding, Tokenizer
from seqgen.tokenizers.end_of_text import END_OF_TEXT, MARK
from seqgen.tokenizers.restoring import read_alphabet, read_text


@final
class CharTokenizer(Tokenizer):
    """The characters of the training part have the ids 1 to V - 1, in the order of their code points."""

    kind = "char"
    alphabet: Alphabet

    def __init__(self, alphabet: Alphabet, *, separator: str = "") -> None:
        self.alphabet = alphabet
        self.separator = separator

    @classmethod
    def train(cls, chunks: Iterable[str], config: CharConfig, *, n_bytes: int, separator: str = "") -> CharTokenizer:
        """Collect the characters of a text.

        Raises:
            TokenizerError: the text has no character.
        """
        alphabet = count_alphabet(chunks)
        if not alphabet.characters:
            raise TokenizerError("the training part has no character to make a vocabulary of")
        return cls(alphabet, separator=separator)

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> CharTokenizer:
        return cls(read_alphabet(state), separator=read_text(state, "separator"))

    def state(self) -> dict[str, Any]:
        return {
            "characters": self.alphabet.characters,
            "unseen_probability": self.alphabet.oov_probability,
            "separator": self.separator,
        }

    @property
    def vocab_size(self) -> int:
        return len(self.alphabet.characters) + 1

    @cached_property
    def _id_of_code(self) -> NDArray[np.int32]:
        """The id of each code point, or -1 if it has none. (N_CODES,)"""
        table = np.full(N_CODES, -1, dtype=np.int32)
        table[code_points(self.alphabet.characters)] = np.arange(1, self.vocab_size)
        table[ord(MARK)] = END_OF_TEXT
        return table

    def encode(self, text: str) -> Encoding:
        ids = np.take(self._id_of_code, code_points(text))
        if not ids.size or ids.min() >= 0:
            return Encoding(ids)
        positions = np.flatnonzero(ids < 0)
        oov_at = tuple(positions.tolist())
        oov_after = tuple((positions - np.arange(len(positions))).tolist())
        return Encoding(ids[ids >= 0], "".join(text[position] for position in oov_at), oov_at, oov_after)

    def token_bytes(self, token: int, previous: int) -> bytes:
        return self.alphabet.characters[token - 1].encode()
