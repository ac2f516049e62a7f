"""Whether ids decode to the very text that they were encoded from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import final

from seqgen.tokenizers.base import Ids, Tokenizer
from seqgen.tokenizers.detokenizer import Detokenizer


@final
class RoundTrip:
    """Compares a text with the text that its ids decode to, by their hashes, so that neither is kept in memory.

    >>> from seqgen.config import WhitespaceConfig
    >>> from seqgen.tokenizers import RoundTrip, train_tokenizer
    >>> text = "two  spaces"
    >>> tokenizer = train_tokenizer(WhitespaceConfig(), [text], n_bytes=len(text))
    >>> round_trip = RoundTrip(tokenizer)
    >>> round_trip.add_text(text)
    >>> round_trip.add_ids(tokenizer.encode(text).ids)
    >>> round_trip.is_exact()
    False
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._detokenizer = Detokenizer(tokenizer)
        self._text, self._decoded = hashlib.sha256(), hashlib.sha256()

    def add_text(self, text: str) -> None:
        """Add the next piece of the text, with separators in it and no marks."""
        self._text.update(text.encode())

    def add_ids(self, ids: Ids) -> None:
        """Add the next ids. They may come before or after the text that they stand for."""
        self._add_decoded("".join(map(self._detokenizer.write, ids.tolist())))

    def is_exact(self) -> bool:
        """Whether the ids decode to the text. Call this once, after the whole text and all its ids were added."""
        self._add_decoded(self._detokenizer.finish())
        return self._text.digest() == self._decoded.digest()

    def _add_decoded(self, text: str) -> None:
        self._decoded.update(text.encode())


def comes_back(chunks: Iterable[str], tokenizer: Tokenizer) -> bool:
    """Whether a text without marks comes back unchanged when it is encoded and decoded.

    >>> from seqgen.config import CharConfig, WhitespaceConfig
    >>> from seqgen.tokenizers import comes_back, train_tokenizer
    >>> text = "two  spaces"
    >>> configs = (CharConfig(), WhitespaceConfig())
    >>> [comes_back([text], train_tokenizer(config, [text], n_bytes=len(text))) for config in configs]
    [True, False]
    """
    round_trip = RoundTrip(tokenizer)

    def added() -> Iterator[str]:
        for chunk in chunks:
            round_trip.add_text(chunk)
            yield chunk

    for encoding in tokenizer.encode_stream(added()):
        round_trip.add_ids(encoding.ids)
    return round_trip.is_exact()
