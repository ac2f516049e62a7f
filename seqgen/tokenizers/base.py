"""The contract of a tokenizer: text to ids and back, whole or streamed, without loss.

Ids are integers below `vocab_size`. Id 0 is the end-of-text token, which decodes to the separator between documents. In
a text in memory, `MARK` stands in the separator's place (see `end_of_text.py`).
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import TokenizerKind
from seqgen.tokenizers.alphabet import Alphabet
from seqgen.tokenizers.detokenizer import Detokenizer
from seqgen.tokenizers.end_of_text import END_OF_TEXT, mark_separators
from seqgen.tokenizers.segments import regroup_segments

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Encoding:
    """The ids of a text, and the characters of it that have no id because the vocabulary does not cover them.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> encoding = train_tokenizer(CharConfig(), ["abc"], n_bytes=3).encode("cab?")
    >>> encoding.ids.tolist(), encoding.oov, encoding.oov_at, encoding.oov_after
    ([3, 1, 2], '?', (3,), (3,))
    """

    ids: Ids
    oov: str = ""
    """The out-of-vocabulary characters, in order."""
    oov_at: tuple[int, ...] = ()
    """`oov_at[i]` is the position of `oov[i]` in the text, in characters."""
    oov_after: tuple[int, ...] = ()
    """How many ids stand before `oov[i]`."""


class Tokenizer(ABC):
    """Text to ids and back: `decode(encode(text).ids) == text` for any text that the vocabulary covers.

    >>> from seqgen.config import WordConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> text = "see the cat, and the cat sees"
    >>> tokenizer = train_tokenizer(WordConfig(), [text], n_bytes=len(text))
    >>> [tokenizer.decode([token]) for token in tokenizer.encode("see the cat").ids.tolist()]
    ['s', 'e', 'e', ' the', ' cat']
    """

    kind: ClassVar[TokenizerKind]
    """Its name in the registry and in model files."""

    is_lossless: ClassVar[bool] = True
    """Whether every text that is covered comes back unchanged, whatever its spacing."""

    is_of_labels: ClassVar[bool] = False
    """Whether a whole text is one token, a label. No end-of-text token need follow it, and it is not read in chunks."""

    is_closed: ClassVar[bool] = False
    """Whether texts are covered word by word, and a word that the vocabulary lacks is refused."""

    alphabet: Alphabet | None = None
    """The characters that are covered. None if every text is covered, or if texts are covered word by word."""

    separator: str
    """What the end-of-text token decodes to: the text between two documents, or `""` if nothing stands there."""

    @classmethod
    @abstractmethod
    def train(cls, chunks: Iterable[str], config: Any, *, n_bytes: int, separator: str = "") -> Tokenizer:
        """Build a vocabulary from the training part, a text with marks that is `n_bytes` long in UTF-8.

        `config` is the tokenizer's own class of configuration.

        Raises:
            TokenizerError: the text is empty, or does not support the vocabulary size in `config`.
        """

    @classmethod
    @abstractmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> Tokenizer:
        """The tokenizer whose `state()` and `bulk()` these are."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What `restore` needs, as JSON values; large data is in `bulk` instead."""

    def bulk(self) -> bytes:
        """What `restore` needs and would be too large as JSON."""
        return b""

    @property
    @abstractmethod
    def vocab_size(self) -> int:
        """Number of ids, the end-of-text token included."""

    @abstractmethod
    def encode(self, text: str) -> Encoding:
        """The ids of a text in which documents end with `MARK`."""

    @abstractmethod
    def token_bytes(self, token: int, previous: int) -> bytes:
        """The UTF-8 bytes that a token adds to a text which ends with the token `previous`.

        The end-of-text token has none of its own: `pieces` has those of the separator.
        """

    def pieces(self, previous: int) -> Sequence[bytes]:
        """`token_bytes` of every token after `previous`, and for the end-of-text token the bytes of the separator."""
        return self._pieces

    @cached_property
    def piece_tables(self) -> tuple[NDArray[np.intp], list[Sequence[bytes]]]:
        """All that `pieces` can return: `pieces(token)` is `tables[number_of[token]]` of the pair (number_of, tables).

        There are one or two tables, however large the vocabulary, and `number_of` has the shape (V,).
        """
        all_pieces = [self.pieces(token) for token in range(self.vocab_size)]
        tables = {id(pieces): pieces for pieces in all_pieces}  # the same object for most tokens, so compare by id
        numbers = {key: number for number, key in enumerate(tables)}
        return np.array([numbers[id(pieces)] for pieces in all_pieces]), list(tables.values())

    @cached_property
    def _pieces(self) -> tuple[bytes, ...]:
        return self._pieces_after(END_OF_TEXT)

    @final
    def _pieces_after(self, previous: int) -> tuple[bytes, ...]:
        of_tokens = (self.token_bytes(token, previous) for token in range(END_OF_TEXT + 1, self.vocab_size))
        return (self.separator.encode(), *of_tokens)

    @final
    def encode_stream(self, chunks: Iterable[str]) -> Iterator[Encoding]:
        """Encode a text that is read in chunks. The ids of all encodings together are those of `encode`.

        `oov_at` and `oov_after` count from the start of the whole text.
        """
        n_before = n_ids = 0
        for chunk in regroup_segments(chunks):
            encoding = self.encode(chunk)
            if encoding.oov:
                positions = tuple(n_before + position for position in encoding.oov_at)
                after = tuple(n_ids + number for number in encoding.oov_after)
                encoding = Encoding(encoding.ids, encoding.oov, positions, after)
            yield encoding
            n_before += len(chunk)
            n_ids += len(encoding.ids)

    @final
    def mark(self, text: str) -> str:
        """Put `MARK` in place of every separator of a text."""
        return "".join(mark_separators([text], self.separator))

    @final
    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids. Bytes that are not UTF-8 become U+FFFD."""
        detokenizer = Detokenizer(self)
        return "".join(map(detokenizer.write, ids)) + detokenizer.finish()

    @cached_property
    @final
    def fingerprint(self) -> str:
        """A SHA-256 that two tokenizers share only if they give every text the same ids."""
        state = json.dumps([self.kind, self.separator, self.state()], sort_keys=True)
        return hashlib.sha256(state.encode() + b"\0" + self.bulk()).hexdigest()
