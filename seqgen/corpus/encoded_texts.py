"""Many short texts as ids: all in one array, and where each begins. Sources and targets of pairs are such texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers import END_OF_TEXT, MARK, Tokenizer

BLOCK = 1 << 14
"""Texts that are encoded at once."""

Ids = NDArray[np.int32]


class EncodedTexts(NamedTuple):
    """The ids of N texts, and the number of out-of-vocabulary characters in them.

    >>> import numpy as np
    >>> from seqgen.corpus.encoded_texts import EncodedTexts
    >>> texts = EncodedTexts.joined([np.array([3, 1, 0], np.int32), np.array([0], np.int32)], n_oov=0)
    >>> texts.starts.tolist(), [ids.tolist() for ids in texts.split()]
    ([0, 3, 4], [[3, 1, 0], [0]])
    """

    ids: Ids
    """All texts, one after the other."""
    starts: NDArray[np.int64]
    """Where each text begins, and where the last one ends. (N + 1,)"""
    n_oov: int

    @classmethod
    def joined(cls, texts: Sequence[Ids], *, n_oov: int) -> EncodedTexts:
        """The ids of texts that were encoded one by one."""
        return cls(np.concatenate([np.empty(0, np.int32), *texts]), np.cumsum([0, *map(len, texts)]), n_oov)

    def split(self) -> list[Ids]:
        """The ids of each text."""
        return np.split(self.ids, self.starts[1:-1]) if len(self.starts) > 1 else []


def encode_texts(texts: Sequence[str], tokenizer: Tokenizer, *, unknown_id: int | None = None) -> EncodedTexts:
    """The ids of some texts, each with the end-of-text token at its end.

    The unknown id stands for each character that has no id. Without one, these are left out.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus.encoded_texts import encode_texts
    >>> from seqgen.tokenizers import train_tokenizer
    >>> letters = train_tokenizer(CharConfig(), ["abc"], n_bytes=3)
    >>> encode_texts(["a?", "b"], letters).ids.tolist(), encode_texts(["a?", "b"], letters, unknown_id=9).ids.tolist()
    ([1, 0, 2, 0], [1, 9, 0, 2, 0])

    Raises:
        TokenizerError: the vocabulary is closed and lacks a word.
    """
    blocks = [np.empty(0, dtype=np.int32)]
    n_oov = 0
    for first in range(0, len(texts), BLOCK):
        encoding = tokenizer.encode(MARK.join(texts[first : first + BLOCK]))
        ids: NDArray[Any] = encoding.ids
        if unknown_id is not None and encoding.oov:
            ids = np.insert(ids, np.array(encoding.oov_after), unknown_id)
        blocks += [ids, np.array([END_OF_TEXT], dtype=np.int32)]
        n_oov += len(encoding.oov)
    flat = np.concatenate(blocks).astype(np.int32, copy=False)
    ends = np.flatnonzero(flat == END_OF_TEXT) + 1
    return EncodedTexts(flat, np.concatenate(([0], ends)), n_oov)
