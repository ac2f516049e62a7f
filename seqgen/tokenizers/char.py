"""One token a Unicode character."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import TokenizerError
from seqgen.tokenizers.alphabet import N_CODES, Alphabet, code_points, count_alphabet
from seqgen.tokenizers.base import END_OF_TEXT, MARK, Encoding, Tokenizer


@final
class CharTokenizer(Tokenizer):
    """Characters of the training part, ids 1 to V-1 in code-point order."""

    kind = "char"
    alphabet: Alphabet

    def __init__(self, alphabet: Alphabet, *, separator: str = "") -> None:
        self.alphabet = alphabet
        self.separator = separator

    @classmethod
    def train(cls, chunks: Iterable[str], *, separator: str = "") -> CharTokenizer:
        """Collect the characters of a text.

        Raises:
            TokenizerError: the text has no character.
        """
        alphabet = count_alphabet(chunks)
        if not alphabet.characters:
            raise TokenizerError("the training part has no character to make a vocabulary of")
        return cls(alphabet, separator=separator)

    @property
    def vocab_size(self) -> int:
        return len(self.alphabet.characters) + 1

    @cached_property
    def _id_of_code(self) -> NDArray[np.int32]:
        """Code point -> id, -1 for a character without one."""
        table = np.full(N_CODES, -1, dtype=np.int32)
        table[code_points(self.alphabet.characters)] = np.arange(1, self.vocab_size)
        table[ord(MARK)] = END_OF_TEXT
        return table

    def encode(self, text: str) -> Encoding:
        ids = np.take(self._id_of_code, code_points(text))
        if not ids.size or ids.min() >= 0:
            return Encoding(ids)
        oov_at = tuple(np.flatnonzero(ids < 0).tolist())
        return Encoding(ids[ids >= 0], "".join(text[place] for place in oov_at), oov_at)

    def token_bytes(self, token: int, previous: int) -> bytes:
        return self.alphabet.characters[token - 1].encode()

    def state(self) -> dict[str, Any]:
        return {
            "characters": self.alphabet.characters,
            "unseen_probability": self.alphabet.oov_probability,
            "separator": self.separator,
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> CharTokenizer:
        alphabet = Alphabet(state["characters"], state["unseen_probability"])
        return cls(alphabet, separator=state["separator"])
