"""The rule of the classic word benchmarks: words between spaces, `<eos>` for the end of a line, a closed vocabulary.

It is the rule of Mikolov's Penn Treebank files, and it is not lossless. Runs of spaces become one space, and a word
that the training part does not contain is refused. Only a text in normal form comes back unchanged: single spaces, none
at the ends of a line, and a newline after every line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from seqgen.config import WhitespaceConfig
from seqgen.errors import TokenizerError
from seqgen.tokenizers.base import Encoding, Tokenizer
from seqgen.tokenizers.end_of_text import END_OF_TEXT, MARK
from seqgen.tokenizers.restoring import read_text, require_distinct
from seqgen.tokenizers.segments import regroup_segments, split_segments

_EOS_ID = 1  # "end of sentence" is what the benchmarks call the end of a line
_FIRST_WORD_ID = 2


@final
class WhitespaceTokenizer(Tokenizer):
    """Id 1 is the end of a line. The words of the training part follow, the most frequent first."""

    kind = "whitespace"
    is_lossless = False
    is_closed = True

    def __init__(self, words: Iterable[str], *, separator: str = "") -> None:
        self.words = tuple(words)
        self.separator = separator

    @classmethod
    def train(
        cls, chunks: Iterable[str], config: WhitespaceConfig, *, n_bytes: int, separator: str = ""
    ) -> WhitespaceTokenizer:
        """Collect the words of a text, ties in the order of their code points.

        Raises:
            TokenizerError: the text has no word, or more words than `vocab_size` allows.
        """
        counts: Counter[str] = Counter()
        for chunk in regroup_segments(chunks):
            for document in chunk.split(MARK):
                for segment in split_segments(document):
                    counts.update(segment.split())
        if not counts:
            raise TokenizerError("the training part contains no word to build a vocabulary from")
        size = len(counts) + _FIRST_WORD_ID
        if config.vocab_size is not None and size > config.vocab_size:
            raise TokenizerError(
                f"the training part has {len(counts)} words, and --tokenizer whitespace has a closed vocabulary: "
                f"use --vocab-size {size} or more, or leave it out"
            )
        words = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(words, separator=separator)

    @classmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> WhitespaceTokenizer:
        return cls(require_distinct(bulk.decode().split("\n")), separator=read_text(state, "separator"))

    def state(self) -> dict[str, Any]:
        return {"separator": self.separator}

    def bulk(self) -> bytes:
        return "\n".join(self.words).encode()

    @property
    def vocab_size(self) -> int:
        return len(self.words) + _FIRST_WORD_ID

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words, start=_FIRST_WORD_ID)}

    def encode(self, text: str) -> Encoding:
        ids: list[int] = []
        for n_document, document in enumerate(text.split(MARK)):
            if n_document:
                ids.append(END_OF_TEXT)
            for segment in split_segments(document):
                ids.extend(map(self._id_of_word, segment.split()))
                if segment.endswith("\n"):
                    ids.append(_EOS_ID)
        return Encoding(np.array(ids, dtype=np.int32))

    def _id_of_word(self, word: str) -> int:
        word_id = self._id_of.get(word)
        if word_id is None:
            raise TokenizerError(
                f"the word {word[:40]!r} is not in the closed vocabulary of --tokenizer whitespace: "
                "put <unk> in its place, or train with --tokenizer word"
            )
        return word_id

    def token_bytes(self, token: int, previous: int) -> bytes:
        if token == _EOS_ID:
            return b"\n"
        space = "" if previous in (END_OF_TEXT, _EOS_ID) else " "
        return (space + self.words[token - _FIRST_WORD_ID]).encode()

    def pieces(self, previous: int) -> Sequence[bytes]:
        return self._pieces if previous in (END_OF_TEXT, _EOS_ID) else self._pieces_with_space

    @cached_property
    def _pieces_with_space(self) -> tuple[bytes, ...]:
        return self._pieces_after(_FIRST_WORD_ID)
