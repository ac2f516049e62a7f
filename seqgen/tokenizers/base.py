"""The tokenizer contract: text to ids and back, without loss, whole or streamed.

Ids are integers below `vocab_size`. Id `END_OF_TEXT` (0) is the same in every vocabulary: it is fed before
every text, and it stands where one document ends and the next begins. In a text in memory a document's
end is the one character `MARK`, a lone surrogate, which no decoded file can contain.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers.alphabet import MARK, Alphabet

__all__ = [
    "END_OF_TEXT",
    "MARK",
    "MAX_SEGMENT_LENGTH",
    "Detokenizer",
    "Encoding",
    "Ids",
    "Tokenizer",
    "mark_separators",
    "regroup_segments",
    "split_segments",
]

END_OF_TEXT = 0
MAX_SEGMENT_LENGTH = 4096
"""Characters after which a text without newlines is cut into pieces."""

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Encoding:
    """Ids of a text, and the characters that the vocabulary does not cover.

    `oov_at[i]` is the place in the text (in characters) of `unseen[i]`; those characters have no id.
    """

    ids: Ids
    oov: str = ""
    oov_at: tuple[int, ...] = ()


def split_segments(document: str) -> list[str]:
    """The pieces of a text without marks: `"".join(split_segments(s)) == s`.

    A piece ends after a newline, or before the last space or tab of `MAX_SEGMENT_LENGTH` characters without one, or
    after those characters where there is no space either.
    """
    pieces: list[str] = []
    start = 0
    while start < len(document):
        end = document.find("\n", start, start + MAX_SEGMENT_LENGTH) + 1
        if not end:
            end = min(start + MAX_SEGMENT_LENGTH, len(document))
            if end < len(document):
                space = max(document.rfind(" ", start + 1, end), document.rfind("\t", start + 1, end))
                end = space if space > start else end
        pieces.append(document[start:end])
        start = end
    return pieces


def regroup_segments(chunks: Iterable[str]) -> Iterator[str]:
    """Chunks of one text cut anywhere -> chunks cut only where a piece ends, never empty.

    What a tokenizer does piece by piece then does not depend on how the text was read.
    """
    rest = ""
    for chunk in chunks:
        rest += chunk
        end = max(rest.rfind("\n"), rest.rfind(MARK)) + 1
        *whole, rest = rest[:end], *(split_segments(rest[end:]) or [""])
        yield from filter(None, whole)
    if rest:
        yield rest


def mark_separators(chunks: Iterable[str], separator: str) -> Iterator[str]:
    """Put `MARK` in place of every separator, from left to right, however the text is cut into chunks."""
    rest = ""
    for chunk in chunks:
        text = (rest + chunk).replace(separator, MARK) if separator else chunk
        n_waiting = next((n for n in range(len(separator) - 1, 0, -1) if text.endswith(separator[:n])), 0)
        end = len(text) - n_waiting
        rest = text[end:]
        yield text[:end]
    if rest:
        yield rest


class Tokenizer(ABC):
    """Text <-> ids. `decode(encode(text).ids) == text` for any text the vocabulary covers."""

    kind: ClassVar[str]
    is_lossless: ClassVar[bool] = True

    alphabet: Alphabet | None = None
    """The characters that are covered; None where every text is, or where whole words are judged."""

    separator: str
    """What the end-of-text token id decodes to: the text between two documents, `""` if they are not separated."""

    @property
    @abstractmethod
    def vocab_size(self) -> int:
        """Number of ids, the end-of-text token included."""

    @abstractmethod
    def encode(self, text: str) -> Encoding:
        """Ids of a text in which documents end with `MARK`."""

    @abstractmethod
    def token_bytes(self, token: int, previous: int) -> bytes:
        """The UTF-8 bytes that a token (not the end-of-text token) adds to a text which ends with `previous`."""

    def pieces(self, previous: int) -> Sequence[bytes]:
        """`token_bytes` of every token after `previous`; the end-of-text token's are those of the separator."""
        return self._pieces

    @cached_property
    def piece_tables(self) -> tuple[NDArray[np.intp], list[Sequence[bytes]]]:
        """Lists of pieces that may follow, and of every token, (V,), which of them does."""
        lists = [self.pieces(token) for token in range(self.vocab_size)]
        different = {id(pieces): pieces for pieces in lists}
        numbers = {key: number for number, key in enumerate(different)}
        return np.array([numbers[id(pieces)] for pieces in lists]), list(different.values())

    @cached_property
    def _pieces(self) -> tuple[bytes, ...]:
        return self._pieces_after(END_OF_TEXT)

    @final
    def _pieces_after(self, previous: int) -> tuple[bytes, ...]:
        of_tokens = (self.token_bytes(token, previous) for token in range(END_OF_TEXT + 1, self.vocab_size))
        return (self.separator.encode(), *of_tokens)

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What `restore` needs beside `bulk`, as JSON values."""

    def bulk(self) -> bytes:
        """What `restore` needs and JSON would bloat."""
        return b""

    @classmethod
    @abstractmethod
    def restore(cls, state: Mapping[str, Any], bulk: bytes) -> Tokenizer:
        """The tokenizer whose `state()` and `bulk()` these are."""

    @final
    def encode_stream(self, chunks: Iterable[str]) -> Iterator[Encoding]:
        """Encode a text given in chunks: concatenated, the same ids as `encode` of the whole.

        Places of out-of-vocabulary characters count from the start of the whole text.
        """
        n_before = 0
        for piece in regroup_segments(chunks):
            encoding = self.encode(piece)
            if encoding.oov:
                places = tuple(n_before + place for place in encoding.oov_at)
                encoding = Encoding(encoding.ids, encoding.oov, places)
            yield encoding
            n_before += len(piece)

    @final
    def mark(self, text: str) -> str:
        """Put `MARK` in place of every separator of a text."""
        return "".join(mark_separators([text], self.separator))

    @final
    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids; bytes that are not UTF-8 become U+FFFD."""
        detokenizer = Detokenizer(self)
        return "".join(map(detokenizer.write, ids)) + detokenizer.finish()

    @cached_property
    @final
    def fingerprint(self) -> str:
        """A SHA-256 by which two tokenizers are the same: same ids for every text."""
        state = json.dumps([self.kind, self.separator, self.state()], sort_keys=True)
        return hashlib.sha256(state.encode() + b"\0" + self.bulk()).hexdigest()


@final
class Detokenizer:
    """Decodes token by token, in whole characters: an unfinished UTF-8 sequence waits for its rest."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors=_COUNTED)
        self._is_within = False
        """Whether a sequence waits for its rest."""
        self._previous = END_OF_TEXT
        self.n_invalid = 0
        """Invalid sequences so far, each shown as one U+FFFD."""

    def fork(self) -> Detokenizer:
        """Another that goes on from here."""
        forked = Detokenizer(self._tokenizer)
        forked._utf8.setstate(self._utf8.getstate())
        forked._is_within, forked._previous = self._is_within, self._previous
        return forked

    def write(self, token: int) -> str:
        """The characters that this token completes."""
        if token == END_OF_TEXT:
            text = self.finish() + self._tokenizer.separator
        else:
            text = self._decode(self._tokenizer.token_bytes(token, self._previous), final=False)
        self._previous = token
        return text

    def finish(self) -> str:
        """What is still waiting, as U+FFFD."""
        return self._decode(b"", final=True)

    def _decode(self, data: bytes, *, final: bool) -> str:
        if data.isascii() and not self._is_within:  # as most are
            return data.decode()
        text = self._utf8.decode(data, final)
        self._is_within = bool(self._utf8.getstate()[0])
        if _INVALID in text:
            self.n_invalid += text.count(_INVALID)
            text = text.replace(_INVALID, "\ufffd")
        return text


_COUNTED = "seqgen-counted"
_INVALID = "\udcff"  # a lone surrogate, so that a U+FFFD of the text itself is not counted
codecs.register_error(_COUNTED, lambda error: (_INVALID, error.end))  # type: ignore[attr-defined]
