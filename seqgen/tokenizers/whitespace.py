"""The classic benchmark rule: words between spaces, `<eos>` a line, a closed vocabulary. Not lossless.

The rule of Mikolov's Penn Treebank files. Runs of spaces collapse, and a word that training did not
hold is refused. A text in its normal form (single spaces, none at a line's ends, a newline after every
line) does come back unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from seqgen.errors import TokenizerError
from seqgen.tokenizers.base import END_OF_TEXT, MARK, Encoding, Tokenizer, regroup_segments, split_segments

_EOS_ID = 1


@final
class WhitespaceTokenizer(Tokenizer):
    """Id 1 is the end of a line; the words follow, the most frequent first."""

    kind = "whitespace"
    is_lossless = False

    def __init__(self, words: Iterable[str], *, separator: str = "") -> None:
        self.words = tuple(words)
        self.separator = separator

    @classmethod
    def train(cls, chunks: Iterable[str], *, vocab_size: int | None = None, separator: str = "") -> WhitespaceTokenizer:
        """Collect the words of a text.

        Raises:
            TokenizerError: the text has no word, or more than `vocab_size` allows.
        """
        counts: Counter[str] = Counter()
        for text in regroup_segments(chunks):
            for document in text.split(MARK):
                for piece in split_segments(document):
                    counts.update(piece.split())
        if not counts:
            raise TokenizerError("the training part has no word to make a vocabulary of")
        if vocab_size is not None and len(counts) + 2 > vocab_size:
            raise TokenizerError(
                f"the training part has {len(counts)} words, and --word-split whitespace has a closed vocabulary: "
                f"use --vocab-size {len(counts) + 2} or more, or leave it out"
            )
        words = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(words, separator=separator)

    @property
    def vocab_size(self) -> int:
        return len(self.words) + 2

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words, start=2)}

    def encode(self, text: str) -> Encoding:
        ids: list[int] = []
        for n_document, document in enumerate(text.split(MARK)):
            if n_document:
                ids.append(END_OF_TEXT)
            for piece in split_segments(document):
                ids.extend(map(self._id_of_word, piece.split()))
                if piece.endswith("\n"):
                    ids.append(_EOS_ID)
        return Encoding(np.array(ids, dtype=np.int32))

    def _id_of_word(self, word: str) -> int:
        found = self._id_of.get(word)
        if found is None:
            raise TokenizerError(
                f"the word {word[:40]!r} is not in the closed vocabulary of --word-split whitespace: "
                "put <unk> in its place, or train with --word-split pattern"
            )
        return found

    def token_bytes(self, token: int, previous: int) -> bytes:
        if token == _EOS_ID:
            return b"\n"
        space = "" if previous in (END_OF_TEXT, _EOS_ID) else " "
        return (space + self.words[token - 2]).encode()

    def pieces(self, previous: int) -> Sequence[bytes]:
        return self._pieces if previous in (END_OF_TEXT, _EOS_ID) else self._pieces_with_space

    @cached_property
    def _pieces_with_space(self) -> tuple[bytes, ...]:
        return self._pieces_after(_EOS_ID + 1)

    def state(self) -> dict[str, Any]:
        return {"separator": self.separator}

    def bulk(self) -> bytes:
        return "\n".join(self.words).encode()

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> WhitespaceTokenizer:
        return cls(bulk.decode().split("\n"), separator=state["separator"])
