"""Ids to text, one token at a time: what shows a text while it is still being written."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, final

from seqgen.tokenizers.end_of_text import END_OF_TEXT

if TYPE_CHECKING:
    from seqgen.tokenizers.base import Tokenizer

_INVALID = "\udcff"
"""Stands for bytes that are not UTF-8 until they are counted. It is a lone surrogate, because a text may itself contain
U+FFFD, which is shown for them in the end and must not be counted."""

_MARK_INVALID = "seqgen-mark-invalid"
codecs.register_error(_MARK_INVALID, lambda error: (_INVALID, error.end))  # type: ignore[attr-defined]


@final
class Detokenizer:
    """Decodes token by token into whole characters. Bytes of an unfinished character wait for the rest of it.

    >>> from seqgen.config import ByteConfig
    >>> from seqgen.tokenizers import Detokenizer, train_tokenizer
    >>> tokenizer = train_tokenizer(ByteConfig(), [], n_bytes=0)
    >>> detokenizer = Detokenizer(tokenizer)
    >>> [detokenizer.write(token) for token in tokenizer.encode("né").ids.tolist()]
    ['n', '', 'é']
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors=_MARK_INVALID)
        self._is_inside_character = False
        self._previous = END_OF_TEXT
        self.n_invalid = 0
        """Number of byte sequences so far that are not UTF-8, each shown as one U+FFFD."""

    def fork(self) -> Detokenizer:
        """A second detokenizer that continues from the same point, independently of this one."""
        forked = Detokenizer(self._tokenizer)
        forked._utf8.setstate(self._utf8.getstate())
        forked._is_inside_character, forked._previous = self._is_inside_character, self._previous
        return forked

    def write(self, token: int) -> str:
        """The characters that this token completes; `""` if it completes none."""
        if token == END_OF_TEXT:
            text = self.finish() + self._tokenizer.separator
        else:
            text = self._decode(self._tokenizer.token_bytes(token, self._previous), final=False)
        self._previous = token
        return text

    def finish(self) -> str:
        """U+FFFD for the bytes that still wait, because the rest of their character will not come."""
        return self._decode(b"", final=True)

    def _decode(self, data: bytes, *, final: bool) -> str:
        if data.isascii() and not self._is_inside_character:  # a short cut that most tokens take
            return data.decode()
        text = self._utf8.decode(data, final)
        self._is_inside_character = bool(self._utf8.getstate()[0])
        if _INVALID in text:
            self.n_invalid += text.count(_INVALID)
            text = text.replace(_INVALID, "\ufffd")
        return text
